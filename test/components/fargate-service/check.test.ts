import { describe, expect, it } from "@jest/globals";
import { FargateService } from "../../../components/index.ts";
import { record } from "../../../components/testing/index.ts";
import { cluster, digest, front, network, service, shared } from "./service-lab.ts";

describe("what a service refuses", () => {
  const external = { shared, routes: { main: { hosts: ["a"] }, more: { hosts: ["b"] } } };
  it.each<[string, Parameters<typeof service>[0], RegExp]>([
    [
      "a size that Fargate lacks",
      { cpu: 256, memoryMiB: 8192 },
      /memoryMiB is 8192; allowed: 512 or 1024 to 2048 MiB/,
    ],
    ["an image by tag", { image: "api:1.0" }, /image is "api:1.0"; allowed: an image with its digest/],
    ["a sidecar by tag", { sidecars: { proxy: { image: "p:1" } } }, /sidecars\.proxy\.image is "p:1"/],
    ["latest", { image: "api:latest", imagePinning: "immutableTag" }, /a tag other than latest/],
    ["root", { user: "0:0" }, /user is "0:0"; allowed: a user that is not root/],
    ["a family that ECS refuses", { family: "an api" }, /family is "an api"; allowed: 1 to 255 letters/],
    ["root by name", { user: "root" }, /user is "root"/],
    [
      "a name that is secret and plain",
      { environment: { A: "1" }, secrets: { A: { arn: "a" } } },
      /environment\.A/,
    ],
    ["a front without a port", { front }, /port is missing; allowed: the port that requests go to/],
    ["what load balancers do not speak", { port: 80, front, portProtocol: "tcp" }, /portProtocol is "tcp"/],
    [
      "an unknown protocol",
      { port: 80, portProtocol: "udp" as never },
      /portProtocol is "udp"; allowed: one of http, /,
    ],
    ["two load balancers", { port: 80, front: { ...front, own: {} as never } }, /front is "shared and own"/],
    ["no load balancer", { port: 80, front: { routes: front.routes } }, /front is "neither shared nor own"/],
    [
      "a route of everything and nothing",
      { port: 80, front: { shared, routes: { main: {} } } },
      /1 to 5 hosts and paths/,
    ],
    [
      "a path that is none",
      { port: 80, front: { shared, routes: { a: { paths: ["x"] } } } },
      /paths that begin with \//,
    ],
    [
      "two routes with a second set",
      { port: 80, front: external, deployment: { strategy: "BLUE_GREEN" } },
      /front\.routes is \["main","more"\]; allowed: one route with BLUE_GREEN/,
    ],
    [
      "a canary that nothing parts",
      { deployment: { strategy: "CANARY" } },
      /deployment\.strategy is "CANARY"/,
    ],
    [
      "a canary's share while rolling",
      { deployment: { canaryPercent: 5 } },
      /deployment\.canaryPercent is "ROLLING"/,
    ],
    [
      "scaling by requests with a second set",
      { port: 80, front, deployment: { strategy: "LINEAR" }, autoscaling: { requestsPerMinute: 1 } },
      /requestsPerMinute is 1; allowed: ROLLING/,
    ],
    [
      "tests without a test listener",
      { port: 80, front: { ...front, testTraffic: true } },
      /testTraffic is true/,
    ],
    [
      "limits the wrong way round",
      { autoscaling: { minimum: 5, maximum: 4 } },
      /autoscaling\.maximum is 4; .*from 5/,
    ],
    ["no capacity", { capacity: { onDemandWeight: 0 } }, /a weight above 0/],
    [
      "a schedule that is none",
      { autoscaling: { schedules: { x: { at: "7:00", minimum: 1, maximum: 2 } } } },
      /x\.at/,
    ],
    ["a folder outside", { writablePaths: ["/a/../b"] }, /writablePaths\[0\]/],
    [
      "one grant twice",
      { grants: [{ name: "a" }, { name: "a" }] },
      /grants\[1\]\.name is "a"; allowed: each name once/,
    ],
    [
      "a shell where the cluster has none",
      { exec: true },
      /exec is true; allowed: true in a cluster with exec/,
    ],
    ["alarms that are not chosen", { alarms: undefined as never }, /alarms\.choice is missing/],
    [
      "an unknown role",
      { overrides: { task: {} } },
      /overrides\.task is "task"; allowed: a child role: taskDefinition/,
    ],
    ["several at once", { user: "0", cpu: 1 }, /cpu is 1;.*\n.*user is "0"/],
  ])("%s", async (_, args, fault) => {
    const made = service(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^FargateService "api": /);
  });

  it("a name that is no task family", async () => {
    await expect(
      record(
        () =>
          new FargateService("an api", {
            cluster,
            network,
            image: `a@${digest}`,
            alarms: { choice: "none" },
          }),
      ),
    ).rejects.toThrow(/name is "an api"; allowed: 1 to 40 letters/);
  });
});
