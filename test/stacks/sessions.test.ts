import { describe, expect, it } from "@jest/globals";
import { readStackFile } from "../../automation-api/cli/stack-file.ts";
import { recordBuiltin } from "../../stacks/graph.ts";
import { exampleGraph, exampleText } from "./example.ts";

const { values } = readStackFile(exampleText("sessions", "dev"));
const told = { eventsUrl: "https://roost.example.com", eventsToken: "canary-token" };
const record = (changes: Record<string, unknown>) =>
  recordBuiltin("sessions", { ...values, ...changes }, { secretKeys: ["eventsToken"], stack: "dev" });
const ofEvents = (types: string[]) => types.filter((type) => /event/i.test(type));

describe("events of tasks", () => {
  it("are told of when it is asked for, by a rule that posts cluster and task with the token", async () => {
    const recorded = await record(told);
    if ("faults" in recorded) throw new Error(JSON.stringify(recorded.faults));
    const { resources } = recorded.graph;
    const inputsOf = (type: string) => resources.find((each) => each.type === type)?.inputs;
    expect(ofEvents(resources.map(({ type }) => type)).sort()).toEqual([
      "aws:cloudwatch/eventApiDestination:EventApiDestination",
      "aws:cloudwatch/eventConnection:EventConnection",
      "aws:cloudwatch/eventRule:EventRule",
      "aws:cloudwatch/eventTarget:EventTarget",
    ]);
    expect(inputsOf("aws:cloudwatch/eventApiDestination:EventApiDestination")).toMatchObject({
      httpMethod: "POST",
      invocationEndpoint: "https://roost.example.com/api/v1/task-events",
    });
    const rule = inputsOf("aws:cloudwatch/eventRule:EventRule");
    expect(JSON.parse(String(rule?.eventPattern))).toMatchObject({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
      detail: { clusterArn: [expect.stringContaining("cluster")] },
    });
    expect(inputsOf("aws:cloudwatch/eventTarget:EventTarget")).toMatchObject({
      inputTransformer: { inputTemplate: '{"cluster": <cluster>, "task": <task>}' },
    });
  });

  it("are not told of otherwise", async () => {
    const { resources } = await exampleGraph("sessions", "dev");
    expect(ofEvents(resources.map(({ type }) => type))).toEqual([]);
  });

  it.each([
    ["an address without a token", { eventsUrl: told.eventsUrl }, "eventsToken"],
    ["a token without an address", { eventsToken: told.eventsToken }, "eventsUrl"],
    ["an address that is not safe", { ...told, eventsUrl: "http://roost.example.com" }, "eventsUrl"],
  ])("refuse %s", async (_, changes, field) => {
    expect(await record(changes)).toMatchObject({ faults: [expect.objectContaining({ field })] });
  });
});
