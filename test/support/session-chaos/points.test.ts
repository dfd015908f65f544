import { readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { projectFolder } from "../database.ts";
import {
  awaitingFunctions,
  awaitsOfOperations,
  findKillPoints,
  instrument,
  type KillPoint,
} from "./find-points.ts";
import { killsOf } from "./order.ts";
import { operations, others, unreached } from "./points.ts";

const files = (folder: string) =>
  readdirSync(`${projectFolder}/${folder}`, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);

describe("the list of kill points", () => {
  const listed = [...Object.values(operations), ...Object.values(others)]
    .flatMap((functions) => Object.entries(functions))
    .flatMap(([file, names]) => names.map((name) => `${file} ${name}`));

  it("holds each function of sessions that awaits, or says why it does not", () => {
    const there = [
      ...files("automation-api/sessions").filter((file) => !/\/proxy\//.test(file)),
      ...files("plugins/roost/session"),
      "plugins/roost/service/control.ts",
      "plugins/roost/service/install.ts",
    ].flatMap((file) => awaitingFunctions(file).map((name) => `${file} ${name}`));
    expect(listed.toSorted()).toEqual(there.toSorted());
  });

  it("leaves out only what there is", () => {
    const ids = awaitsOfOperations().map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(Object.keys(unreached)));
  });

  it("gives each await of theirs a name of its own", () => {
    const ids = findKillPoints().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(100);
    for (const operation of Object.keys(operations)) {
      expect(ids.some((id) => id.startsWith(`${operation} `))).toBe(true);
    }
  });
});

it("every kind of process is killed at every point, in as many turns as there are kinds", () => {
  const points = findKillPoints().length;
  const rounds = Math.ceil((points * 5) / 4);
  const kills = Array.from({ length: rounds }, (_, at) => killsOf(at + 1, 4)).flat();
  const pairs = new Set(kills.slice(0, points * 5).map(({ point, kind }) => `${kind} ${point}`));
  expect(pairs.size).toBe(points * 5);
  const first = new Set(kills.slice(0, points).map(({ point }) => point));
  expect(first.size).toBe(points);
});

describe("an instrumented source", () => {
  const run = async (source: string, names: string[]) => {
    const points = names.map((name, at) => ({
      id: `p${at}`,
      name,
      file: "x.ts",
      operation: "claim",
    })) as KillPoint[];
    const passed: string[] = [];
    const killPoint = (point: string, moment: string, value?: unknown) => {
      passed.push(`${point} ${moment}`);
      return value;
    };
    const text = instrument(source, "x.ts", points);
    const outcome = await new Function("killPoint", `${text}; return work();`)(killPoint);
    return { outcome, passed };
  };
  const id = "const id = async (x) => x;";
  const transaction = "const transaction = async (f) => f();";

  it.each([
    ["a statement", `${id} async function work() { await id(1); return 2 }`, 1, 2],
    ["a value", `${id} async function work() { const x = await id(1); return x + 1 }`, 1, 2],
    [
      "one within another",
      `${id} async function work() { return await id((await id(1)) + (await id(1))) }`,
      3,
      2,
    ],
    [
      "one in a closure",
      `${id} async function work() { const f = async () => 1 + await id(1); return f() }`,
      1,
      2,
    ],
    [
      "a transaction that is returned",
      `${id} ${transaction} async function work() { return transaction(async () => 1 + await id(1)) }`,
      2,
      2,
    ],
    ["a member of what is awaited", `${id} async function work() { return (await id({ a: 2 })).a }`, 1, 2],
  ])("does as before, and passes each point of %s twice", async (_, source, count, outcome) => {
    const ran = await run(
      source,
      Array.from({ length: count }, () => "work"),
    );
    expect(ran.outcome).toBe(outcome);
    const names = Array.from({ length: count }, (_, at) => `p${at}`);
    expect(ran.passed.toSorted()).toEqual(
      names.flatMap((name) => [`${name} after`, `${name} before`]).toSorted(),
    );
  });
});
