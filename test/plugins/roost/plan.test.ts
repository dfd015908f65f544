import { describe, expect, it } from "@jest/globals";
import { diffInputs, type Properties } from "../../../plugins/provider/index.ts";
import { addressesFor } from "../../../plugins/roost/service/address.ts";
import { checkInputs } from "../../../plugins/roost/service/check.ts";
import { judge, type Verdict } from "../../../plugins/roost/service/health.ts";
import { planWrite } from "../../../plugins/roost/service/log.ts";
import { planChange, toChanges } from "../../../plugins/roost/service/plan.ts";
import { serviceId, servicePaths } from "../../../plugins/roost/service/record.ts";
import { planRestart } from "../../../plugins/roost/service/restart.ts";
import { resolveSettings, type ServiceInputs } from "../../../plugins/roost/service/spec.ts";

describe("planChange: what gets from one set of inputs to another", () => {
  const old: ServiceInputs = { command: ["web"], environment: { A: "1", B: "2" } };
  const cases: [string, Partial<ServiceInputs>, boolean, string, string[]][] = [
    ["nothing changed", {}, true, "none", []],
    ["names in another order", { environment: { B: "2", A: "1" } }, true, "none", []],
    ["a default written out", { stopGraceSeconds: 10 }, true, "none", []],
    ["it is down", {}, false, "start", ["state"]],
    ["settings", { stopGraceSeconds: 1, log: { keep: 1 } }, true, "settings", ["log", "stopGraceSeconds"]],
    ["settings while it is down", { stopGraceSeconds: 1 }, false, "process", ["stopGraceSeconds"]],
    ["command", { command: ["web", "-v"] }, true, "process", ["command"]],
    ["environment", { environment: { A: "1" } }, true, "process", ["environment"]],
    ["a secret", { secretEnvironment: { KEY: "k" } }, true, "process", ["secretEnvironment"]],
    ["port and health check", { port: 9000, healthCheck: {} }, true, "process", ["port", "healthCheck"]],
  ];
  it.each(cases)("%s", (_, change, up, action, changed) => {
    expect(planChange(old, { ...old, ...change }, up)).toEqual({ action, changed });
  });
});

describe("toChanges: what a preview names", () => {
  const old = { command: ["web"], environment: { A: "1", B: "2" }, port: 9000, stopGraceSeconds: 10 };
  const cases: [string, Record<string, unknown>, boolean, Record<string, string>][] = [
    [
      "each variable by itself",
      { environment: { A: "2", C: "3" } },
      true,
      { "environment.A": "update", "environment.B": "delete", "environment.C": "add" },
    ],
    ["a word of the command", { command: ["web", "-v"] }, true, { "command[1]": "add" }],
    ["no default that is written out", { port: 9001, log: { keep: 3 } }, true, { port: "update" }],
    ["that it is down", {}, false, { state: "update" }],
  ];
  it.each(cases)("%s", (_, change, up, expected) => {
    const inputs = { ...old, ...change };
    const { changes } = diffInputs(old, inputs as Properties);
    const named = toChanges(planChange(old, inputs as ServiceInputs, up), changes);
    expect(Object.fromEntries(Object.entries(named).map(([path, { kind }]) => [path, kind]))).toEqual(
      expected,
    );
    expect(Object.values(named).every(({ replace }) => !replace)).toBe(true);
  });
});

describe("planRestart", () => {
  const settings = resolveSettings({ command: [] }).restart;
  const crash = { code: 1, signal: null };
  const cases = [
    {
      name: "waits half a second first",
      inARow: 0,
      earlier: [],
      expected: { action: "restart", afterSeconds: 0.5 },
    },
    { name: "doubles", inARow: 3, earlier: [], expected: { action: "restart", afterSeconds: 4 } },
    {
      name: "waits 30 s at most",
      inARow: 40,
      earlier: [],
      expected: { action: "restart", afterSeconds: 30 },
    },
    {
      name: "forgets after a minute",
      inARow: 0,
      earlier: Array(20).fill(39),
      expected: { action: "restart" },
    },
    { name: "gives up", inARow: 0, earlier: Array(10).fill(41), expected: { action: "fail" } },
  ];
  it.each(cases)("$name", ({ inARow, earlier, expected }) => {
    expect(planRestart(settings, crash, earlier, inARow, 100)).toMatchObject(expected);
  });
  it("counts a good end as failed when the health check ended it", () => {
    const exit = { code: 0, signal: null, unhealthy: true };
    expect(planRestart({ ...settings, policy: "on-failure" }, exit, [], 0, 0).action).toBe("restart");
  });
});

describe("judge: how many answers in a row decide", () => {
  const check = { intervalSeconds: 1, timeoutSeconds: 1, healthyAfter: 2, unhealthyAfter: 2 };
  const cases: [string, string, Verdict["healthy"]][] = [
    ["one good answer does not make it healthy", "+", undefined],
    ["two in a row do", "-+-++", true],
    ["failing before it was healthy is starting", "-----", undefined],
    ["one bad answer does not make it unhealthy", "++-+-", true],
    ["two in a row do", "++--", false],
    ["and it recovers", "++--++", true],
  ];
  it.each(cases)("%s: %s", (_, answers, healthy) => {
    const start: Verdict = { healthy: undefined, good: 0, bad: 0 };
    expect([...answers].reduce((verdict, each) => judge(verdict, each === "+", check), start).healthy).toBe(
      healthy,
    );
  });
});

describe("planWrite: how much still goes into a log file", () => {
  const cases: [string, string, number, number, number][] = [
    ["all that fits", "abc\n", 6, 10, 4],
    ["whole lines only", "abc\ndefghi\n", 4, 10, 4],
    ["a new file when no line fits", "abcdefgh\n", 4, 10, 0],
    ["a line that no file could hold is cut", "abcdefghijklmn", 0, 10, 10],
    ["a new file when it was full before", "a\n", 12, 10, 0],
  ];
  it.each(cases)("%s", (_, chunk, size, maxBytes, expected) => {
    expect(planWrite(Buffer.from(chunk), size, maxBytes)).toBe(expected);
  });
});

describe("checkInputs", () => {
  const cases: [string, Record<string, unknown>, string[]][] = [
    ["a list", { command: ["a"] }, []],
    ["a program", { command: { name: "a.mjs", text: "1", arguments: [] } }, []],
    ["nothing", {}, ["command"]],
    ["an empty list", { command: [] }, ["command"]],
    ["a program without text", { command: { name: "../a.mjs" } }, ["command.name", "command.text"]],
    ["an unknown name", { command: ["a"], replicas: 3 }, ["replicas"]],
    [
      "numbers out of range",
      { command: ["a"], port: 70_000, stopGraceSeconds: -1 },
      ["port", "stopGraceSeconds"],
    ],
    [
      "a nested fault",
      { command: ["a"], restart: { policy: "maybe", backoff: 1 } },
      ["restart.policy", "restart.backoff"],
    ],
    ["a relative folder", { command: ["a"], workingDirectory: "x" }, ["workingDirectory"]],
    ["an environment of numbers", { command: ["a"], environment: { A: 1 } }, ["environment"]],
  ];
  it.each(cases)("%s", (_, inputs, properties) => {
    expect(checkInputs(inputs as never).map(({ property }) => property)).toEqual(properties);
  });
});

describe("ids and addresses", () => {
  it("are always the same for the same service, and differ between services and data folders", () => {
    const urn = "urn:pulumi:dev::shop::roost:local:Service::Web Front";
    expect(serviceId(urn)).toMatch(/^web-front-[0-9a-f]{12}$/);
    expect(serviceId(urn)).toBe(serviceId(urn));
    expect(serviceId(urn)).not.toBe(serviceId(urn.replace("dev", "prod")));
    expect(addressesFor("/a", "web")).toEqual(addressesFor("/a", "web"));
    expect(addressesFor("/a", "web")[0]).not.toBe(addressesFor("/b", "web")[0]);
    for (const address of addressesFor("/a", "web"))
      expect(address).toMatch(/^127\.[1-9]\d*\.\d+\.[1-9]\d*$/);
  });
  it.each(["../x", "a/b", "", ".reserved"])("refuses the id %j, which leads elsewhere", (id) => {
    expect(() => servicePaths("/data", id)).toThrow(/not the id/);
  });
});
