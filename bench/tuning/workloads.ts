import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { quantile } from "../deploy/statistics.ts";

/** One thing that a tuning may make faster, small enough to be repeated often. */
export interface Workload {
  name: "processor" | "memory" | "loopback" | "disk";
  /**
   * Milliseconds of one run: what a tenth of its rounds stay below. That is what the workload costs, with little of
   * what others on the machine add to it, and unlike the least round no single stroke of luck.
   */
  run(): Promise<number>;
  close(): Promise<void>;
}

const rounds = 40;

async function timed(round: () => void | Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const began = performance.now();
    await round();
    times.push(performance.now() - began);
  }
  return quantile(times, 0.1);
}

/** @param folder where the disk's file is written; on a memory file system it measures memory. */
export async function openWorkloads(folder: string): Promise<Workload[]> {
  const block = Buffer.alloc(256 * 1024, 7);
  const large = Buffer.alloc(1024 * 1024, 1);
  const copy = Buffer.alloc(large.length);
  const none = async () => {};
  const file = openSync(join(folder, "tuning-bench"), "w");
  const { trip, close } = await openLoopback();
  return [
    {
      name: "processor",
      run: () => timed(() => void createHash("sha256").update(block).digest()),
      close: none,
    },
    { name: "memory", run: () => timed(() => void large.copy(copy)), close: none },
    { name: "loopback", run: () => timed(trip), close },
    {
      name: "disk",
      run: () =>
        timed(() => {
          writeSync(file, block, 0, 64 * 1024, 0);
          fsyncSync(file);
        }),
      close: async () => closeSync(file),
    },
  ];
}

/** 5 exchanges of 16 KiB over one connection. */
async function openLoopback(): Promise<{ trip: () => Promise<void>; close: () => Promise<void> }> {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const client: Socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  client.setNoDelay(true);
  const message = Buffer.alloc(16 * 1024, 3);
  const exchange = () =>
    new Promise<void>((resolve) => {
      let left = message.length;
      const take = (chunk: Buffer) => {
        left -= chunk.length;
        if (left > 0) return;
        client.off("data", take);
        resolve();
      };
      client.on("data", take);
      client.write(message);
    });
  return {
    async trip() {
      for (let index = 0; index < 5; index++) await exchange();
    },
    async close() {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
