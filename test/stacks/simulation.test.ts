import process from "node:process";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { readStackFile } from "../../automation-api/cli/stack-file.ts";
import { type Simulation, withSimulation } from "../../automation-api/engine/simulation.ts";
import { replacingInputs } from "../../plugins/simulated-cloud/index.ts";
import { engineVersion } from "../../toolchain/found.mjs";
import { enginePath, reasonWithoutEngine } from "../support/engine.ts";
import { exampleGraph, examplesOf, exampleText, programs } from "./example.ts";

jest.setTimeout(300_000);

const withEngine = reasonWithoutEngine() === undefined ? describe : describe.skip;

interface Life {
  /** Laid over the example for development. */
  values?: Record<string, unknown>;
  /** A change that is made in place, and the names of what it updates. */
  change: { values: Record<string, unknown>; updated: string[] };
  /** A change that cannot be made in place, and the names of what is made anew. */
  replacement: { values: Record<string, unknown>; replaced: string[] };
}

const image = `registry.example.com/image@sha256:${"f".repeat(64)}`;

const modulesOnAws = {
  accountId: "111122223333",
  region: "eu-west-1",
  zoneId: "Z0123456789EXAMPLE",
};

const workspace = { image, port: 8080 };

const lives: Record<string, Life> = {
  "web-service": {
    change: { values: { healthPath: "/healthz" }, updated: ["web-targets"] },
    replacement: { values: { port: 9090 }, replaced: ["web-targets", "web-task"] },
  },
  "static-site": {
    change: { values: { mode: "application" }, updated: ["site-requests"] },
    replacement: {
      values: { domain: "web.dev.example.com" },
      replaced: ["site-cdn-certificate", "site-cdn-certificate-proven"],
    },
  },
  "azure-site": {
    values: { alarms: ["dev@example.com"] },
    change: { values: { alarms: ["ops@example.com"] }, updated: ["alarms"] },
    replacement: {
      values: { accountName: "examplewwwnew" },
      replaced: ["account", "container-files", "diagnostics", "lifecycle", "service"].map(
        (part) => `site-files-${part}`,
      ),
    },
  },
  "module-hosting": {
    change: { values: { shells: ["https://shell.example.com"] }, updated: ["modules-cdn-headers"] },
    replacement: {
      values: { aws: { ...modulesOnAws, domain: "mod.dev.example.com" } },
      replaced: ["modules-cdn-certificate", "modules-cdn-certificate-proven"],
    },
  },
  sessions: {
    values: { alarms: ["dev@example.com"], templates: { workspace } },
    change: {
      values: { usualSessions: 60 },
      updated: ["watch-alarm-sessions-ManySessions", "watch-dashboard-sessions"],
    },
    replacement: {
      values: { templates: { workspace: { ...workspace, cpu: 512 } } },
      replaced: ["workspace-task"],
    },
  },
  keycloak: {
    change: { values: { keycloakInstances: 2 }, updated: ["identity-servers-service"] },
    replacement: {
      values: { identityDomain: "login.dev.example.com" },
      replaced: [
        "certificate-eu-west-1",
        "certificate-eu-west-1-proven",
        "certificate-proof",
        "identity-servers-task",
      ],
    },
  },
  platform: {
    change: { values: { workers: 2 }, updated: ["workers-service"] },
    replacement: { values: { image }, replaced: ["api-task", "workers-task"] },
  },
  monitoring: {
    change: { values: { prometheusImage: image }, updated: ["monitoring-prometheus"] },
    replacement: {
      values: { namespace: "metrics" },
      replaced: [
        ...["", "-account", "-dashboards", "-folder", "-policy", "-service", "-source"].map(
          (part) => `monitoring-grafana${part}`,
        ),
        ...["", "-account", "-budget", "-config", "-policy", "-rules", "-service"].map(
          (part) => `monitoring-prometheus${part}`,
        ),
        "monitoring-prometheuses",
        "namespace",
      ],
    },
  },
};

// The SDK takes a stack trace for every promise, which in a test that maps sources is most of its time.
const usualLimit = Error.stackTraceLimit;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = usualLimit;
});

it("each type that a stack has says what replaces it", async () => {
  const graphs = await Promise.all(
    programs.flatMap((program) => examplesOf(program).map((example) => exampleGraph(program, example))),
  );
  const types = graphs.flatMap(({ resources }) =>
    resources.filter(({ custom }) => custom).map(({ type }) => type),
  );
  expect([...new Set(types)].filter((type) => replacingInputs[type] === undefined)).toEqual([]);
});

withEngine("each stack on a real engine and a simulated cloud", () => {
  it.each(programs)("%s is made, changed, replaced, found without a part, and destroyed", async (program) => {
    const { values = {}, change, replacement } = lives[program]!;
    const { values: own, secretKeys } = readStackFile(exampleText(program, "dev"));
    const { resources } = await exampleGraph(program, "dev", values);
    const all = resources.length + 1;
    const engine = { path: enginePath(), version: engineVersion() };
    const place = { engine, program, project: program, stack: "dev", searchPath: process.env.PATH };
    await withSimulation(place, async ({ cloud, configure, run }) => {
      const given = { ...own, ...values };
      await configure(given, secretKeys);
      expect(await run("preview")).toEqual({ create: all });
      expect(cloud.resources.size).toBe(0);
      expect(await run("up")).toEqual({ create: all });
      expect(cloud.resources.size).toBe(resources.filter(({ custom }) => custom).length);
      expect(await run("preview")).toEqual({ same: all });
      expect(await run("up")).toEqual({ same: all });

      await configure({ ...given, ...change.values }, secretKeys);
      expect(await steps(run, "up")).toEqual({ update: change.updated });
      await configure({ ...given, ...replacement.values }, secretKeys);
      const { replace = [], ...others } = await steps(run, "up");
      expect([replace, others]).toEqual([replacement.replaced, expect.anything()]);

      // Somebody deletes what the stack made last.
      const [lost, { urn }] = [...cloud.resources].at(-1)!;
      cloud.resources.delete(lost);
      expect(await steps(run, "refresh")).toEqual({ delete: [nameOf(urn)] });
      await run("destroy");
      expect([...cloud.resources.values()]).toEqual([]);
    });
  });
});

const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");

/** Names of the resources that an operation did something to, by what it did. */
async function steps(run: Simulation["run"], operation: "up" | "refresh"): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const onEvent = ({ resOutputsEvent }: EngineEvent) => {
    const { op, urn } = resOutputsEvent?.metadata ?? { op: "same", urn: "" };
    // What is said of a text changes with it, and is made of nothing.
    if (op !== "same" && !urn.includes("roost-components:index:Document::"))
      found[op] = [...(found[op] ?? []), nameOf(urn)].sort();
  };
  await run(operation, { onEvent });
  return found;
}
