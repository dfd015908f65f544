import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Liveness } from "../../../automation-api/engine/liveness.ts";
import { until } from "../../support/processes.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";

let server: DeploymentServer;
beforeAll(async () => {
  server = await startDeploymentServer();
});
afterAll(() => server.close());

describe("a worker that others took for dead while it lived", () => {
  it("lets go of what it ran and begins anew, under another name and with a lock", async () => {
    const { queue, database } = server;
    let lost = 0;
    const faults: unknown[] = [];
    const liveness = new Liveness({
      database,
      queue,
      slots: 1,
      heartbeatMilliseconds: 50,
      deathMilliseconds: 60_000,
      onLost: () => {
        lost += 1;
      },
      onFault: (_, error) => faults.push(error),
    });
    await liveness.start();
    const before = liveness.workerId;
    const heir = await queue.register({ machineId: "there", pid: process.pid, slots: 1 });
    await queue.inherit({ from: before, to: heir.id, machineId: "there" });
    await until("it has another name", () => liveness.workerId !== before);
    expect([lost, liveness.holdsLock, faults]).toEqual([1, true, []]);
    const names = (await queue.workers()).filter(({ locked }) => locked).map(({ id }) => id);
    expect(names).toEqual([liveness.workerId]);
    await liveness.stop();
  });
});
