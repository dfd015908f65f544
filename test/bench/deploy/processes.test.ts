import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "@jest/globals";
import { cpuSeconds, memoryBytes, residentBytes } from "../../../bench/deploy/processes.ts";
import { countTraffic } from "../../../bench/deploy/traffic.ts";
import { until } from "../../support/processes.ts";

const onLinux = process.platform === "linux" ? describe : describe.skip;

onLinux("what a process and all below it use", () => {
  /** A shell that starts a busy grandchild, waits for its end, and then lives until its input ends. */
  const busy = "const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);";
  const shell = spawn("/bin/sh", ["-c", '"$0" -e "$1"; echo done; read -r _', process.execPath, busy], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  shell.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  afterAll(() => {
    shell.kill("SIGKILL");
  });

  it("counts the processor time of children that have ended", async () => {
    const before = cpuSeconds([shell.pid as number]);
    await until("the busy child has ended", () => said.includes("done"), 60);
    expect(cpuSeconds([shell.pid as number]) - before).toBeGreaterThan(0.2);
  });

  it("counts the memory of this process with its children, each once", () => {
    const all = memoryBytes([process.pid, process.pid]);
    expect(all.processes).toBeGreaterThanOrEqual(2);
    expect(all.bytes).toBeGreaterThan(10e6);
    expect(residentBytes(process.pid)).toBeGreaterThan(10e6);
    expect(memoryBytes([process.pid]).processes).toBe(all.processes);
  });

  it("says nothing of processes that are not there", () => {
    expect(cpuSeconds([2 ** 30])).toBe(0);
    expect(memoryBytes([2 ** 30]).processes).toBe(0);
    expect(residentBytes(2 ** 30)).toBe(0);
  });
});

describe("traffic", () => {
  it("counts requests and bytes of a connection that lives and of one that is closed", async () => {
    const traffic = countTraffic();
    const server = createServer((_request, response) => response.end("x".repeat(1000)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const connection of ["keep-alive", "close"]) {
      await (await fetch(url, { headers: { connection } })).text();
    }
    const { requests, bytes } = traffic();
    expect(requests).toBe(2);
    expect(bytes).toBeGreaterThan(2000);
    expect(bytes).toBeLessThan(4000);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
