import { setTimeout as wait } from "node:timers/promises";
import type { Row } from "../report.ts";
import type { Lab } from "./lab.ts";
import { memoryBytes, residentBytes } from "./processes.ts";
import type { Server } from "./server.ts";
import { deploymentOf } from "./ways.ts";

const resources = 10;
const limitMilliseconds = 10 * 60_000;
const sampleMilliseconds = 250;

/** Many deployments queued at once, each of a stack of its own: how long, and what memory it takes and gives back. */
export async function measureCrowd(lab: Lab, server: Server, count: number): Promise<Row[]> {
  const before = await restingBytes(server);
  const roots = [server.pid, await lab.databasePid()];
  const peak = watchPeak(roots);
  const begun = performance.now();
  const ends = Array.from({ length: count }, async (_, index) => {
    const { id } = await server.client.deploy(deploymentOf(`crowd-${index}`, resources, "x"));
    return server.endings.of(id, limitMilliseconds);
  });
  const seconds = (Math.max(...(await Promise.all(ends))) - begun) / 1000;
  const { bytes, processes } = await peak.stop();
  const after = await restingBytes(server);
  const megabytes = (given: number) => given / 1e6;
  console.log(
    `${count} deployments queued at once: server ${megabytes(before).toFixed(0)} MB before, ${megabytes(after).toFixed(0)} MB after; ` +
      `peak of all processes ${megabytes(bytes).toFixed(0)} MB in ${processes} processes`,
  );
  return [
    { metric: `queue_${count}_s`, value: seconds, unit: "s" },
    {
      metric: `queue_${count}_server_mb`,
      value: megabytes(after),
      unit: "MB",
      baseline: megabytes(before),
      goal: { atMost: megabytes(before) * 1.2 },
    },
    { metric: `queue_${count}_peak_all_mb`, value: megabytes(bytes), unit: "MB" },
  ];
}

/** The server's own process when nothing runs and nothing is waiting to be collected. */
async function restingBytes(server: Server): Promise<number> {
  await server.ask({ kind: "warm" });
  await server.ask({ kind: "tidy" });
  return residentBytes(server.pid);
}

function watchPeak(roots: number[]) {
  let peak = { bytes: Number.NaN, processes: 0 };
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const now = memoryBytes(roots);
      if (!(now.bytes <= peak.bytes)) peak = now;
      await wait(sampleMilliseconds);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
      return peak;
    },
  };
}
