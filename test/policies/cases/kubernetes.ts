import { given, type Table, when } from "../../../policies/testing/index.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
type Fields = Record<string, unknown>;
const secure = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
const container = (changes: Fields = {}, security: Fields = {}): Fields => ({
  name: "main",
  image: `registry.example.com/shop@${digest}`,
  resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
  readinessProbe: { httpGet: { port: 80 } },
  livenessProbe: { httpGet: { port: 80 } },
  securityContext: { ...secure, ...security },
  ...changes,
});
const labels = { app: "shop" };
const pod = (one: Fields, spec: Fields = {}) => ({
  metadata: { labels },
  spec: {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [one],
    ...spec,
  },
});
const metadata = { name: "shop", namespace: "shop" };
const deployment = (
  changes: Fields = {},
  security: Fields = {},
  spec: Fields = {},
  type = "kubernetes:apps/v1:Deployment",
  replicas = 1,
) => given(type, "web", { metadata, spec: { replicas, template: pod(container(changes, security), spec) } });
const broken = (security: Fields, type?: string) => deployment({}, security, {}, type);
const inPod = (spec: Fields) => deployment({}, {}, spec);
const cron = (security: Fields) =>
  given("kubernetes:batch/v1:CronJob", "job", {
    metadata,
    spec: { jobTemplate: { spec: { template: pod(container({}, security)) } } },
  });
const bare = (security: Fields) =>
  given("kubernetes:core/v1:Pod", "pod", { metadata, spec: pod(container({}, security)).spec });
const policy = (podSelector: Fields, more: Fields = {}) =>
  given("kubernetes:networking.k8s.io/v1:NetworkPolicy", "policy", {
    metadata,
    spec: { podSelector, policyTypes: ["Ingress"], ...more },
  });
const budget = given("kubernetes:policy/v1:PodDisruptionBudget", "budget", {
  metadata,
  spec: { selector: { matchLabels: labels } },
});
const many = deployment({}, {}, {}, undefined, 2);
const account = (automountServiceAccountToken?: boolean) =>
  given("kubernetes:core/v1:ServiceAccount", "account", {
    metadata: { name: "shop", namespace: "shop" },
    automountServiceAccountToken,
  });
const binding = given("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "binding", {
  metadata,
  subjects: [{ kind: "ServiceAccount", name: "shop" }],
});
const ofAccount = inPod({ automountServiceAccountToken: undefined, serviceAccountName: "shop" });

export const kubernetes: Record<string, Table> = {
  "kubernetes-restricted": {
    good: [
      when("restricted", [deployment(), cron({}), bare({})]),
      when("in the container", [
        deployment(
          {},
          { runAsNonRoot: true, seccompProfile: { type: "Localhost" } },
          { securityContext: {} },
        ),
      ]),
      when("a low port", [broken({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } })]),
      when("usual volumes", [
        inPod({
          volumes: [
            { name: "tmp", emptyDir: {} },
            { name: "c", configMap: { name: "c" } },
          ],
        }),
      ]),
    ],
    bad: [
      when("a chart that the cluster's tool renders", [given("kubernetes:helm.sh/v3:Release", "chart", {})], {
        says: "no policy sees its pods",
      }),
      when("privileged", [broken({ privileged: true })], { says: "is privileged in container main" }),
      when(
        "privileged, of an old API",
        [broken({ privileged: true }, "kubernetes:apps/v1beta1:Deployment")],
        { says: "privileged" },
      ),
      when("privileged, of a patch", [broken({ privileged: true }, "kubernetes:apps/v1:DeploymentPatch")], {
        says: "privileged",
      }),
      when(
        "privileged, in a stateful set",
        [broken({ privileged: true }, "kubernetes:apps/v1:StatefulSet")],
        { says: "privileged" },
      ),
      when("privileged, by schedule", [cron({ privileged: true })], { says: "privileged" }),
      when("privileged, alone", [bare({ privileged: true })], { says: "privileged" }),
      when(
        "privileged, first",
        [inPod({ initContainers: [container({ name: "first" }, { privileged: true })] })],
        { says: "in container first" },
      ),
      when("gains rights", [broken({ allowPrivilegeEscalation: undefined })], { says: "gain rights" }),
      when("root not denied", [inPod({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } })], {
        says: "may run as root",
      }),
      when("root allowed again", [broken({ runAsNonRoot: false })], { says: "may run as root" }),
      when("root", [broken({ runAsUser: 0 })], { says: "runs as root" }),
      when("writes", [broken({ readOnlyRootFilesystem: false })], { says: "own file system" }),
      when("capabilities", [broken({ capabilities: {} })], { says: "keeps capabilities" }),
      when("more of them", [broken({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })], {
        says: "SYS_ADMIN",
      }),
      when("no filter", [broken({ seccompProfile: { type: "Unconfined" } })], { says: "system calls" }),
      when("network", [inPod({ hostNetwork: true })], { says: "Network" }),
      when("processes", [inPod({ hostPID: true })], { says: "PID" }),
      when("memory", [inPod({ hostIPC: true })], { says: "IPC" }),
      when("the node's folder", [inPod({ volumes: [{ name: "v", hostPath: { path: "/" } }] })], {
        says: "hostPath",
      }),
      when("the node's port", [deployment({ ports: [{ hostPort: 80 }] })], { says: "ports of its node" }),
      when(
        "the kernel",
        [
          inPod({
            securityContext: {
              runAsNonRoot: true,
              seccompProfile: { type: "RuntimeDefault" },
              sysctls: [{ name: "a" }],
            },
          }),
        ],
        { says: "kernel" },
      ),
    ],
  },
  "kubernetes-workloads": {
    good: [
      when("all set", [deployment()]),
      when("a job has no probes", [
        given("kubernetes:batch/v1:Job", "job", {
          metadata,
          spec: { template: pod(container({ readinessProbe: undefined, livenessProbe: undefined })) },
        }),
      ]),
      when("an account with rights", [ofAccount, account(), binding]),
      when("an account without a token", [ofAccount, account(false)]),
    ],
    bad: [
      when("a tag", [deployment({ image: "nginx:1.29" })], { says: "nginx:1.29" }),
      when("no CPU", [deployment({ resources: { requests: { memory: "1" }, limits: { memory: "1" } } })], {
        says: "no CPU",
      }),
      when("no memory", [deployment({ resources: { requests: { cpu: "1" } } })], {
        says: "asks for no memory",
      }),
      when("no limit", [deployment({ resources: { requests: { cpu: "1", memory: "1" } } })], {
        says: "no limit of memory",
      }),
      when("not ready", [deployment({ readinessProbe: undefined })], { says: "when it is ready" }),
      when("not alive", [deployment({ livenessProbe: undefined })], { says: "is alive" }),
      when(
        "the namespace",
        [
          given("kubernetes:apps/v1:Deployment", "web", {
            metadata: { name: "a" },
            spec: { template: pod(container()) },
          }),
        ],
        { says: "namespace default" },
      ),
      when("a token", [inPod({ automountServiceAccountToken: undefined })], { says: "token" }),
      when("a token of an account without rights", [ofAccount, account()], { says: "token" }),
    ],
  },
  "kubernetes-isolation": {
    good: [
      when("selected", [many, policy({ matchLabels: labels }), budget]),
      when("all of the namespace", [deployment(), policy({})]),
      when("by an expression", [
        deployment(),
        policy({ matchExpressions: [{ key: "app", operator: "In", values: ["shop"] }] }),
      ]),
    ],
    bad: [
      when("nothing", [deployment()], { says: "every pod of the cluster" }),
      when("others selected", [deployment(), policy({ matchLabels: { app: "other" } })], {
        says: "every pod",
      }),
      when(
        "others by an expression",
        [deployment(), policy({ matchExpressions: [{ key: "app", operator: "NotIn", values: ["shop"] }] })],
        { says: "every pod" },
      ),
      when("only outwards", [deployment(), policy({}, { policyTypes: ["Egress"] })], { says: "every pod" }),
      when(
        "another namespace",
        [
          deployment(),
          { ...policy({}), inputs: { metadata: { namespace: "other" }, spec: { podSelector: {} } } },
        ],
        { says: "every pod" },
      ),
      when("no budget", [many, policy({})], { says: "all replicas" }),
    ],
  },
};
