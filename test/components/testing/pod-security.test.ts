import { describe, expect, it } from "@jest/globals";
import { type Graph, podSecurityFaults } from "../../../components/testing/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: each case spoils the pod at another depth
type Pod = any;

function good(): Pod {
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "app",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        ports: [{ containerPort: 80 }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}

function judge(
  spoil: (pod: Pod) => void,
  wrap = (spec: Pod): Pod => ({ template: { spec } }),
  kind = "apps/v1:Deployment",
) {
  const pod = good();
  spoil(pod);
  const resource = { type: `kubernetes:${kind}`, name: "web", inputs: { spec: wrap(pod) } };
  return podSecurityFaults({ resources: [resource] } as never as Graph);
}

describe("podSecurityFaults", () => {
  it("finds nothing in a restricted pod", () => expect(judge(() => {})).toEqual([]));

  it.each<[string, (pod: Pod) => void]>([
    ["hostNetwork is set", (pod) => (pod.hostNetwork = true)],
    ["volume tmp is of type hostPath", (pod) => (pod.volumes = [{ name: "tmp", hostPath: {} }])],
    ["the pod runs as root", (pod) => (pod.securityContext.runAsUser = 0)],
    ["sysctl kernel.shm is set", (pod) => (pod.securityContext.sysctls = [{ name: "kernel.shm" }])],
    ["container app may run as root", (pod) => delete pod.securityContext.runAsNonRoot],
    ["container app has no system call filter", (pod) => delete pod.securityContext.seccompProfile],
    [
      "container app may gain privileges",
      ({ containers: [c] }) => delete c.securityContext.allowPrivilegeEscalation,
    ],
    ["container app is privileged", ({ containers: [c] }) => (c.securityContext.privileged = true)],
    ["container app keeps capabilities", ({ containers: [c] }) => (c.securityContext.capabilities = {})],
    [
      "container app adds capabilities SYS_ADMIN",
      ({ containers: [c] }) => (c.securityContext.capabilities.add = ["SYS_ADMIN"]),
    ],
    ["container app takes ports of the machine", ({ containers: [c] }) => (c.ports[0].hostPort = 80)],
    [
      "container app has an unmasked /proc",
      ({ containers: [c] }) => (c.securityContext.procMount = "Unmasked"),
    ],
  ])("%s", (fault, spoil) => {
    expect(judge(spoil)).toEqual([`kubernetes:apps/v1:Deployment "web": ${fault}`]);
  });

  it("looks into first containers, plain pods and timed jobs", () => {
    const spoil = (pod: Pod) => {
      pod.initContainers = [{ name: "first", securityContext: { privileged: true } }];
    };
    expect(judge(spoil).length).toBeGreaterThan(1);
    const root = (pod: Pod) => (pod.securityContext.runAsUser = 0);
    expect(judge(root, (spec) => spec, "core/v1:Pod")).toHaveLength(1);
    const timed = (spec: Pod) => ({ jobTemplate: { spec: { template: { spec } } } });
    expect(judge(root, timed, "batch/v1:CronJob")).toHaveLength(1);
  });
});
