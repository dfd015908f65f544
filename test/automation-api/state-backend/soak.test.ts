import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { findFaults } from "../../../automation-api/state-backend/integrity.ts";
import { reasonWithoutEngine } from "../../support/engine.ts";
import { type Item, type NoopProject, withNoopProject } from "./noop-project.ts";
import { Random } from "./random.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

/** More by ROOST_SOAK_PROGRAMS; each takes some 10 s on a quiet machine. */
const programs = Number(process.env.ROOST_SOAK_PROGRAMS ?? 2);
const steps = 5;

const suite = reasonWithoutEngine() ? describe.skip : describe;
jest.setTimeout(600_000);

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

const names = ["a", "b", "c", "d", "e", "f"];

/**
 * The next program: most of it stays, some of it changes, goes, comes, moves or
 * fails. No delete fails here: which of the deletes beside it still happen is
 * left to chance by the engine (its step executor takes the next step or the
 * end, whichever its select sees first), so two runs may differ.
 */
function mutate(random: Random, before: Item[]): Item[] {
  const items: Item[] = [{ name: "group", component: true }];
  for (const name of names) {
    const old = before.find((item) => item.name === name || item.name === `${name}-new`);
    if (random.chance(old ? 0.15 : 0.4)) continue;
    if (old && random.chance(0.5))
      items.push({ ...old, fail: undefined, aliases: undefined, dependsOn: present(old.dependsOn, items) });
    else items.push(change(random, name, old, items));
  }
  return items;
}

function change(random: Random, name: string, old: Item | undefined, earlier: Item[]): Item {
  const renamed =
    old !== undefined && random.chance(0.2) ? (old.name === name ? `${name}-new` : name) : undefined;
  return {
    name: renamed ?? old?.name ?? name,
    ...(renamed && old ? { aliases: [old.name] } : {}),
    payload: random.below(3),
    replaceKey: random.pick(["x", "x", "y"]),
    deleteBeforeReplace: random.chance(0.4),
    ...(random.chance(0.3) ? { secret: `hush ${random.below(2)}` } : {}),
    ...(random.chance(0.3) ? { parent: "group" } : {}),
    ...(random.chance(0.15) ? { fail: random.pick(["create", "update"] as const) } : {}),
    dependsOn: earlier.filter(() => random.chance(0.3)).map((item) => item.name),
  };
}

function present(dependsOn: string[] | undefined, earlier: Item[]): string[] {
  return (dependsOn ?? []).filter((name) => earlier.some((item) => item.name === name));
}

/**
 * What must be equal: everything but times, ids that the provider draws,
 * ciphertexts with who keeps their key, and the order of what does not need
 * one another, which differs from run to run of the same program.
 */
function comparable(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item));
    return unordered.has(key)
      ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== "object" || value === null) {
    if (key === "id") return "id";
    return key === "provider" ? String(value).replace(/::[^:]*$/, "") : value;
  }
  if ("4dabf18193072939515e22adb298388d" in value && "ciphertext" in value) return "[secret]";
  const kept = Object.entries(value).filter(([name]) => !ignored.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, comparable(inner, name)]));
}

const ignored = new Set(["created", "modified", "manifest", "secrets_providers", "stackTrace"]);
const unordered = new Set(["resources", "pending_operations", "dependencies"]);

suite("programs through the pulumi command", () => {
  it.each(Array.from({ length: programs }, (_, position) => position + 1))(
    "leave the state that a file backend has, step by step (seed %i)",
    async (seed) => {
      const random = new Random(seed);
      let items: Item[] = [];
      await onBoth(`soak${seed}`, async (both) => {
        for (let step = 1; step <= steps; step++) {
          const operation = step > 1 && random.chance(0.2) ? random.pick(["refresh", "destroy"]) : "up";
          if (operation === "up") items = mutate(random, items);
          await sameOnBoth(both, { step, operation, items });
        }
      });
    },
  );

  it("leave the state that a file backend has when a delete fails", async () => {
    const fails: Item = { name: "a", payload: 1, fail: "delete" };
    const heals: Item = { name: "a", payload: 2 };
    await onBoth("stays", async (both) => {
      await sameOnBoth(both, { step: 1, operation: "up", items: [fails, { name: "b", dependsOn: ["a"] }] });
      const codes = [
        await sameOnBoth(both, { step: 2, operation: "destroy", items: [] }),
        await sameOnBoth(both, { step: 3, operation: "up", items: [{ name: "c" }] }),
        await sameOnBoth(both, { step: 4, operation: "up", items: [heals] }),
        await sameOnBoth(both, { step: 5, operation: "destroy", items: [] }),
      ];
      expect(codes.map((code) => code === 0)).toEqual([false, false, true, true]);
    });
  });
});

/** The same stack twice: on our backend and, as reference, on a folder of files. */
async function onBoth(stack: string, body: (both: NoopProject[]) => Promise<void>): Promise<void> {
  const ours = { PULUMI_BACKEND_URL: server.url, PULUMI_ACCESS_TOKEN: server.adminToken };
  await withNoopProject({ env: ours, stack }, (project) =>
    withNoopProject({ env: {}, stack }, (reference) => body([project, reference])),
  );
}

interface Step {
  step: number;
  operation: string;
  items: Item[];
}

/** Does the step on both, fails unless code and state are equal, and returns the code. */
async function sameOnBoth(both: NoopProject[], { step, operation, items }: Step): Promise<number> {
  const runs = await Promise.all(
    both.map(async (project) => {
      await project.declare(items);
      const run = await project.pulumi([operation, "--yes", "--skip-preview", "--parallel", "1"]);
      const { deployment } = await project.exported();
      expect(findFaults({ version: 3, deployment } as never)).toEqual([]);
      return { code: run.code, state: comparable(deployment), output: run.output };
    }),
  );
  const [ours, reference] = runs.map(({ code, state }) => ({ step, operation, items, code, state }));
  expect(ours).toEqual(reference);
  return runs[0]?.code ?? -1;
}
