import { describe, expect, it } from "@jest/globals";
import { z } from "zod";
import {
  countOutcomes,
  evaluate,
  type RecordedGraph,
  resourceRule,
  type Settings,
  stackRule,
} from "../../policies/index.ts";
import { Undecidable } from "../../policies/known.ts";

const described = {
  id: "no-bad",
  title: "Nothing is bad",
  severity: "high" as const,
  level: "mandatory" as const,
  frameworks: ["own"],
  remediation: "Be good.",
  kinds: ["aws:s3/Bucket"],
};
const noBad = resourceRule({
  ...described,
  config: z.object({ word: z.string().default("bad") }),
  check({ props }, { found, config }) {
    if (props.payload === config.word) found("is bad", "payload");
  },
});
const alone = stackRule({
  id: "alone",
  title: "There is one",
  severity: "low",
  level: "advisory",
  frameworks: ["own"],
  remediation: "Remove the others.",
  kinds: ["aws:s3/Bucket"],
  check(_, { found, stack }) {
    if (stack.of("aws:s3/Bucket").length > 1) found("is not alone");
  },
});

const urn = (name: string) => `urn:pulumi:dev::shop::aws:s3/bucket:Bucket::${name}`;
const graph = (...payloads: unknown[]): RecordedGraph => ({
  resources: payloads.map((payload, n) => ({
    urn: urn(`b${n}`),
    type: n % 2 === 0 ? "aws:s3/bucket:Bucket" : "aws:s3/bucketV2:BucketV2",
    name: `b${n}`,
    inputs: { payload },
  })),
});

const now = new Date("2026-05-10T23:00:00Z");
const said = (given: RecordedGraph, settings: Settings = {}, rules = [noBad]) =>
  evaluate(rules, given, { settings, now }).outcomes.map(
    ({ kind, name, message }) => `${kind} ${name} ${message}`,
  );

describe("evaluate", () => {
  it("tells a violation, an advisory, and nothing of what is good, of every generation of a type", () => {
    expect(said(graph("bad", "bad", "good"))).toEqual(["violation b0 is bad", "violation b1 is bad"]);
    expect(said(graph("good", "good"), {}, [alone])).toEqual([
      "advisory b0 is not alone",
      "advisory b1 is not alone",
    ]);
    expect(said(graph("good"), {}, [alone])).toEqual([]);
  });

  it.each([["[unknown]"], ["[secret]"], ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"]])(
    "counts a rule that reads %s as one that cannot decide, and not as good",
    (payload) => {
      const verdict = evaluate([noBad], graph(payload, "good"));
      expect(countOutcomes(verdict)).toEqual({
        violation: 0,
        advisory: 0,
        "cannot-decide": 1,
        excepted: 0,
        remediation: 0,
      });
      expect(verdict.outcomes[0]).toMatchObject({
        name: "b0",
        path: "payload",
        message: "payload is not known yet",
      });
    },
  );

  it("asks nothing of what is only read, and of components", () => {
    const [bucket] = graph("bad").resources;
    expect(
      said({
        resources: [
          { ...bucket!, custom: false },
          { ...bucket!, read: "id" },
        ],
      }),
    ).toEqual([]);
  });

  it("lets a rule that is broken out", () => {
    const check = () => {
      throw new TypeError("broken");
    };
    const broken = { ...noBad, check } as typeof noBad;
    expect(() => evaluate([broken], graph("good"))).toThrow(TypeError);
  });
});

describe("settings", () => {
  it.each<[string, Settings, string[]]>([
    ["a level for all", { all: "advisory" }, ["advisory b0 is bad"]],
    ["its own before that for all", { all: "advisory", "no-bad": "mandatory" }, ["violation b0 is bad"]],
    ["nothing", { "no-bad": "disabled" }, []],
    ["its own settings", { "no-bad": { word: "worse" } }, []],
    [
      "a level with settings",
      { "no-bad": { enforcementLevel: "advisory", word: "bad" } },
      ["advisory b0 is bad"],
    ],
  ])("give a rule %s", (_, settings, outcomes) => {
    expect(said(graph("bad"), settings)).toEqual(outcomes);
  });

  it.each<[string, Settings, RegExp]>([
    ["a rule that there is not", { "no-baad": "disabled" }, /no policy no-baad/],
    ["a setting that there is not", { "no-bad": { words: "x" } }, /no-bad .*words/],
    ["a value of the wrong type", { "no-bad": { word: 1 } }, /word .*string/],
    [
      "an exception without a reason",
      { "no-bad": { exceptions: [{ resource: "b0", who: "ann", until: "2026-06-01" }] as never } },
      /exceptions.0.why/,
    ],
    [
      "an exception without an end",
      { "no-bad": { exceptions: [{ resource: "b0", who: "ann", why: "x", until: "never" }] } },
      /until .*day/,
    ],
  ])("are refused with %s", (_, settings, fault) => {
    expect(() => said(graph("good"), settings)).toThrow(fault);
  });
});

describe("an exception", () => {
  it("lets through what nobody can decide, and not what an update will know", () => {
    const text = resourceRule({
      ...described,
      check({ props }) {
        throw new Undecidable("payload", props.payload === "text" ? "is no JSON" : undefined);
      },
    });
    const exceptions = [{ resource: "b0", who: "ann", why: "moving", until: "2026-06-01" }];
    const settings = { "no-bad": { exceptions } };
    expect(said(graph("text"), {}, [text])).toEqual(["cannot-decide b0 payload is no JSON"]);
    expect(said(graph("text"), settings, [text])).toEqual([
      "excepted b0 payload is no JSON; excepted by ann until 2026-06-01: moving",
    ]);
    expect(said(graph("open"), settings, [text])).toEqual(["cannot-decide b0 payload is not known yet"]);
  });

  const until = (day: string, resource = "b0", who = "ann"): Settings => ({
    "no-bad": { exceptions: [{ resource, who, why: "moving", until: day }] },
  });
  it.each<[string, Settings, string]>([
    [
      "holds on its last day, and is told",
      until("2026-05-10"),
      "excepted b0 is bad; excepted by ann until 2026-05-10: moving",
    ],
    [
      "ends with it, and is told",
      until("2026-05-09"),
      "violation b0 is bad; the exception by ann ended on 2026-05-09",
    ],
    ["is for one resource", until("2026-06-01", "b1"), "violation b0 is bad"],
    [
      "is for all that its pattern names",
      until("2026-06-01", "*::aws:s3/bucket*::b*"),
      "excepted b0 is bad; excepted by ann until 2026-06-01: moving",
    ],
    ["takes a dot for a dot", until("2026-06-01", "b."), "violation b0 is bad"],
  ])("%s", (_, settings, outcome) => {
    expect(said(graph("bad"), settings)).toEqual([outcome]);
  });

  it("that still holds counts before one that is over", () => {
    const exceptions = ["2026-05-01", "2026-06-01"].map((day) => ({
      resource: "b0",
      who: day,
      why: "w",
      until: day,
    }));
    expect(said(graph("bad"), { "no-bad": { exceptions } })).toEqual([
      "excepted b0 is bad; excepted by 2026-06-01 until 2026-06-01: w",
    ]);
  });
});
