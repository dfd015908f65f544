// Each object of Kubernetes in the kept graphs, given to a real kube-apiserver: known kind, known fields, valid values,
// and pods that a namespace with Pod Security `restricted` admits.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type GraphResource, readGraph } from "../../../components/testing/index.ts";
import { ROOT } from "../../../toolchain/found.mjs";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { type Answer, ApiServer } from "./api-server.ts";

jest.setTimeout(120_000);

const GRAPHS = [
  "test/components/keycloak/fixtures/production.json",
  "test/components/monitoring/fixtures/kubernetes.json",
  "test/components/monitoring/fixtures/logs.json",
  "test/stacks/fixtures/monitoring-dev.json",
  "test/stacks/fixtures/monitoring-production.json",
];
const RESTRICTED = Object.fromEntries(
  ["enforce", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
);

// biome-ignore lint/suspicious/noExplicitAny: manifests are whatever was registered
type Manifest = any;

/**
 * As Pulumi sends them: what has no name gets one, and so do the volumes that are made of it. Each graph has namespaces
 * of its own, since examples use the same ones.
 */
function manifests(path: string): Manifest[] {
  return readGraph(readFileSync(join(ROOT, path), "utf8"))
    .resources.filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ name, inputs }: GraphResource) => {
      const manifest = structuredClone(inputs) as Manifest;
      const own = (namespace: string) => `${namespace}-${GRAPHS.indexOf(path)}`;
      manifest.metadata = { name, ...manifest.metadata };
      if (manifest.kind === "Namespace") manifest.metadata.name = own(manifest.metadata.name);
      else manifest.metadata.namespace = own(manifest.metadata.namespace);
      for (const volume of manifest.spec?.template?.spec.volumes ?? []) {
        if (volume.configMap) volume.configMap.name ??= `named-for-${volume.name}`;
      }
      return manifest;
    })
    .sort((a, b) => Number(b.kind === "ServiceAccount") - Number(a.kind === "ServiceAccount"));
}

const titleOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;

const reason = reasonToSkip("kube-apiserver");

(reason ? describe.skip : describe)("a real kube-apiserver", () => {
  const server = new ApiServer();
  const kinds = new Map<string, { name: string; namespaced: boolean }>();

  beforeAll(() => server.start());
  afterAll(() => server.stop());

  /** The path of an object, by what the server says of its kind. */
  async function pathOf({ apiVersion, kind, metadata }: Manifest): Promise<string> {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const key = `${apiVersion} ${kind}`;
    if (!kinds.has(key)) {
      const { body } = await server.call("GET", root);
      for (const each of body.resources ?? []) {
        if (!each.name.includes("/")) kinds.set(`${apiVersion} ${each.kind}`, each);
      }
    }
    const found = kinds.get(key);
    if (!found) throw new Error(`the server knows no ${key}`);
    const within = found.namespaced ? `/namespaces/${metadata.namespace}` : "";
    return `${root}${within}/${found.name}/${metadata.name}`;
  }

  async function apply(manifest: Manifest): Promise<Answer> {
    const path = `${await pathOf(manifest)}?fieldManager=roost&fieldValidation=Strict`;
    return server.call("PATCH", path, manifest, "application/apply-patch+yaml");
  }

  async function makeNamespaces(objects: Manifest[]): Promise<void> {
    for (const name of new Set(objects.map(({ metadata }) => metadata.namespace).filter(Boolean))) {
      const metadata = { name, labels: RESTRICTED };
      const { status } = await apply({ apiVersion: "v1", kind: "Namespace", metadata });
      expect([200, 201]).toContain(status);
    }
  }

  /** A controller of the cluster would ask so for the pod of a workload. */
  function admitPod({ metadata, spec: { template } }: Manifest): Promise<Answer> {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...template.metadata, generateName: `${metadata.name}-` },
      spec: structuredClone(template.spec),
    };
    // Of claims of a StatefulSet the controller makes volumes.
    const claimed = (template.spec.containers as Manifest[])
      .flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }: Manifest) => name))
      .filter((name) => !(template.spec.volumes ?? []).some((volume: Manifest) => volume.name === name));
    pod.spec.volumes = [
      ...(pod.spec.volumes ?? []),
      ...[...new Set(claimed)].map((name) => ({
        name,
        persistentVolumeClaim: { claimName: `${name}-${metadata.name}-0` },
      })),
    ];
    const path = `/api/v1/namespaces/${metadata.namespace}/pods?dryRun=All&fieldValidation=Strict`;
    return server.call("POST", path, pod);
  }

  it.each(GRAPHS)(
    "takes every object of %s by server-side apply, and the same again as no change",
    async (path) => {
      const objects = manifests(path);
      expect(objects.length).toBeGreaterThan(10);
      await makeNamespaces(objects);
      const refused: string[] = [];
      for (const object of objects) {
        const first = await apply(object);
        const second = await apply(object);
        if (![200, 201].includes(first.status) || first.warnings.length > 0)
          refused.push(`${titleOf(object)}: ${first.body.message ?? ""} ${first.warnings.join(", ")}`);
        else if (second.body.metadata?.resourceVersion !== first.body.metadata.resourceVersion)
          refused.push(`${titleOf(object)}: changes when it is applied again`);
      }
      expect(refused).toEqual([]);
    },
  );

  it.each(GRAPHS)("admits each pod of %s where Pod Security is restricted", async (path) => {
    const objects = manifests(path);
    await makeNamespaces(objects);
    const workloads = objects.filter(({ spec }) => spec?.template?.spec);
    expect(workloads.length).toBeGreaterThan(1);
    for (const account of objects.filter(({ kind }) => kind === "ServiceAccount")) await apply(account);
    const refused: string[] = [];
    for (const workload of workloads) {
      const { status, body, warnings } = await admitPod(workload);
      if (status !== 201) refused.push(`${titleOf(workload)}: ${body.message}`);
      refused.push(...warnings);
    }
    expect(refused).toEqual([]);
  });

  it("refuses what is not valid, so that taking the rest says something", async () => {
    const objects = manifests(GRAPHS[0]!);
    await makeNamespaces(objects);
    for (const account of objects.filter(({ kind }) => kind === "ServiceAccount")) await apply(account);
    const servers = objects.find(({ kind }) => kind === "StatefulSet");

    const misspelled = structuredClone(servers);
    misspelled.spec.template.spec.containers[0].imagePullPolice = "Always";
    expect(await apply(misspelled)).toMatchObject({
      body: { message: expect.stringContaining("imagePullPolice") },
    });

    const open = structuredClone(servers);
    open.spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation = true;
    expect(await admitPod(open)).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('violates PodSecurity "restricted:latest"') },
    });
  });

  it("is given every kind of object that components and stacks make", () => {
    const sources = ["components", "stacks"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => readFileSync(join(ROOT, folder, file), "utf8")),
    );
    const made = sources
      .flatMap((text) => [
        ...text.matchAll(/import \{ (\w+) \} from "@pulumi\/kubernetes\/\w+\/v\w+\/\w+\.js"/g),
      ])
      .map(([, kind]) => kind!);
    const given = new Set(GRAPHS.flatMap(manifests).map(({ kind }) => kind));
    expect([...new Set(made)].filter((kind) => !given.has(kind))).toEqual([]);
    expect(new Set(made).size).toBeGreaterThan(8);
  });
});
