import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { find, type Graph, readGraph } from "../../components/testing/index.ts";
import { ROOT } from "../../toolchain/found.mjs";
import { exampleGraph, examplesOf, programs } from "./example.ts";
import { type UpgradeLosses, upgradeLosses } from "./upgrade.ts";

/**
 * The graphs of every example as the last release made them. `UPDATE_RELEASED=1 npm test -- components` writes them
 * anew, when there is a release.
 */
const released = join(ROOT, "test/stacks/fixtures/released.json.gz");
/** What an example says that the last release does not know: what is replayed is the configuration of then. */
const newer: Record<string, string[]> = {
  "monitoring-production": ["logs"],
  "platform-dev": ["signInSecretArn"],
  "platform-production": ["metrics", "signInSecretArn"],
};
const none: UpgradeLosses = { replacements: [], statefulDeletions: [] };

const cases = programs.flatMap((program) => examplesOf(program).map((example) => `${program}-${example}`));

describe("the graphs of the last release, replayed against this version", () => {
  if (process.env.UPDATE_RELEASED === "1") {
    it("are written", async () => {
      const graphs = await Promise.all(cases.map(async (each) => [each, await graphOf(each, [])]));
      writeFileSync(released, gzipSync(JSON.stringify(Object.fromEntries(graphs)), { level: 9 }));
    });
    return;
  }
  const graphs: Record<string, Graph> = existsSync(released)
    ? JSON.parse(gunzipSync(readFileSync(released)).toString("utf8"))
    : {};

  it("are there for most stacks", () => {
    expect(Object.keys(graphs).length).toBeGreaterThanOrEqual(16);
  });

  it.each(Object.keys(graphs))(
    "%s: nothing is replaced, nothing that holds something is deleted",
    async (each) => {
      expect(upgradeLosses(readGraph(JSON.stringify(graphs[each])), await graphOf(each))).toEqual(none);
    },
  );
});

describe("what a replay finds", () => {
  const change = async (edit: (graph: Graph) => void) => {
    const before = await exampleGraph("web-service", "production");
    const after = structuredClone(before);
    edit(after);
    return upgradeLosses(before, after);
  };
  const INSTANCE = "aws:rds/instance:Instance";
  const rename = (graph: Graph, aliases?: object[]) => {
    const instance = find(graph, INSTANCE);
    const earlier = instance.name;
    instance.urn = instance.urn.replace(/[^:]+$/, "renamed");
    instance.name = "renamed";
    if (aliases) instance.options.aliases = aliases.map((alias) => ({ name: earlier, ...alias }));
  };

  it("is nothing in the same graph, and in one that only gained", async () => {
    expect(await change(() => {})).toEqual(none);
    expect(
      await change(({ resources }) => {
        resources.push({ ...resources.find(({ custom }) => custom)!, urn: "urn:new", name: "new" });
      }),
    ).toEqual(none);
  });

  it("is each input that makes a resource anew", async () => {
    const losses = await change((graph) => {
      Object.assign(find(graph, INSTANCE).inputs, { storageEncrypted: false, multiAz: false });
    });
    expect(losses).toEqual({ ...none, replacements: [`${INSTANCE} database-instance: storageEncrypted`] });
  });

  it("is a database that is called otherwise, unless it says so", async () => {
    const deleted = { ...none, statefulDeletions: [`${INSTANCE} database-instance`] };
    expect(await change((graph) => rename(graph))).toEqual(deleted);
    expect(await change((graph) => rename(graph, [{}]))).toEqual(none);
    expect(await change((graph) => rename(graph, [{ noParent: true }]))).toEqual(deleted);
  });

  it("is no change that the engine is told to ignore", async () => {
    const losses = await change((graph) => {
      const instance = find(graph, INSTANCE);
      instance.inputs.username = "other";
      instance.options.ignoreChanges = ["username"];
    });
    expect(losses).toEqual(none);
  });
});

function graphOf(each: string, without = newer[each] ?? []): Promise<Graph> {
  const at = each.lastIndexOf("-");
  const changes = Object.fromEntries(without.map((key) => [key, undefined]));
  return exampleGraph(each.slice(0, at), each.slice(at + 1), changes);
}
