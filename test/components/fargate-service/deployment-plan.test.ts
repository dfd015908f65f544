import { describe, expect, it } from "@jest/globals";
import {
  planCapacity,
  planDeployment,
  planIgnored,
} from "../../../components/fargate-service/deployment-plan.ts";

describe("how a new version takes over", () => {
  it("is rolling, whole, and taken back when it fails, unless told otherwise", () => {
    expect(planDeployment()).toEqual({
      deploymentConfiguration: { strategy: "ROLLING" },
      deploymentCircuitBreaker: { enable: true, rollback: true },
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      waitForSteadyState: true,
    });
  });

  it.each([
    [{ strategy: "BLUE_GREEN" } as const, { strategy: "BLUE_GREEN", bakeTimeInMinutes: "5" }],
    [
      { strategy: "CANARY", canaryPercent: 5, bakeMinutes: 0 } as const,
      {
        strategy: "CANARY",
        bakeTimeInMinutes: "0",
        canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: "10" },
      },
    ],
    [
      { strategy: "LINEAR", stepMinutes: 1 } as const,
      {
        strategy: "LINEAR",
        bakeTimeInMinutes: "5",
        linearConfiguration: { stepPercent: 20, stepBakeTimeInMinutes: "1" },
      },
    ],
  ])("%j", (args, configuration) => {
    expect(planDeployment(args).deploymentConfiguration).toEqual(configuration);
  });

  it("does not wait for a version that somebody else brings", () => {
    expect(planDeployment({}, "external").waitForSteadyState).toBe(false);
    expect(planDeployment({ wait: true }, "external").waitForSteadyState).toBe(true);
  });

  it("is taken back by alarms that are named", () => {
    expect(planDeployment({ rollbackAlarmNames: ["errors"] }).alarms).toEqual({
      alarmNames: ["errors"],
      enable: true,
      rollback: true,
    });
  });

  it.each([
    ["pulumi", false, []],
    ["pulumi", true, ["desiredCount"]],
    ["external", false, ["taskDefinition"]],
    ["external", true, ["desiredCount", "taskDefinition"]],
  ] as const)("image by %s, scaling %s: leaves %j alone", (owner, scales, ignored) => {
    expect(planIgnored(owner, scales)).toEqual(ignored);
  });

  it("runs on demand, and on Spot beyond the base when asked", () => {
    expect(planCapacity()).toEqual([{ capacityProvider: "FARGATE", base: 1, weight: 1 }]);
    expect(planCapacity({ onDemandBase: 2, onDemandWeight: 1, spotWeight: 4 })).toEqual([
      { capacityProvider: "FARGATE", base: 2, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight: 4 },
    ]);
  });
});
