import { expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import { warmUp } from "../../../automation-api/engine/warm-up.ts";

/** The SDK leaves it out of its types. */
const { leakedPromises } = debuggable as unknown as { leakedPromises(): [Set<unknown>, string] };

const events = ["uncaughtException", "unhandledRejection", "exit", "beforeExit"] as const;
const listeners = () => events.map((event) => process.listenerCount(event));

it("runs a program through the SDK and leaves nothing of it to the next one", async () => {
  // The first run of a process leaves what the SDK keeps for all of them.
  await warmUp();
  const before = { listeners: listeners(), project: pulumi.runtime.getProject() };
  await warmUp();
  expect({ listeners: listeners(), project: pulumi.runtime.getProject() }).toEqual(before);
  expect(pulumi.runtime.allConfig()).toEqual({});
  expect(leakedPromises()).toEqual([new Set(), ""]);
});
