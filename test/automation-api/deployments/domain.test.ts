import { describe, expect, it } from "@jest/globals";
import { deploymentStates } from "../../../automation-api/deployments/contract.ts";
import {
  type DeploymentEvent,
  isFinished,
  next,
  statesBefore,
  waitingFor,
} from "../../../automation-api/deployments/domain.ts";

const expected: Record<DeploymentEvent, Partial<Record<(typeof deploymentStates)[number], string>>> = {
  start: { queued: "running" },
  requeue: { running: "queued" },
  succeed: { running: "succeeded" },
  fail: { running: "failed" },
  cancel: { queued: "cancelled", running: "cancelled" },
};

describe("the states of a deployment", () => {
  for (const [event, moves] of Object.entries(expected) as [DeploymentEvent, Record<string, string>][]) {
    it(`${event} leads from ${Object.keys(moves)} and from nowhere else`, () => {
      for (const state of deploymentStates) expect(next(state, event)).toBe(moves[state]);
      expect(statesBefore(event)).toEqual(Object.keys(moves));
    });
  }

  it("end in three of them", () => {
    expect(deploymentStates.filter(isFinished)).toEqual(["succeeded", "failed", "cancelled"]);
  });
});

describe("waitingFor", () => {
  const person = { name: "ada", kind: "update" };
  it.each([
    ["nothing but a worker", { state: "queued", before: null, person: null }, null],
    ["the one before it", { state: "queued", before: "dep_1", person }, { kind: "deployment", id: "dep_1" }],
    [
      "a person",
      { state: "queued", before: null, person },
      { kind: "person", name: "ada", command: "pulumi up" },
    ],
    ["nothing once it runs", { state: "running", before: null, person }, null],
  ] as const)("is %s", (_name, row, waits) => expect(waitingFor(row)).toEqual(waits));
});
