import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Fleet } from "../../automation-api/scans/contract.ts";
import { makeSshdFiles, type SshdFiles } from "../../test/plugins/command/sshd.ts";
import { Client } from "../../test/support/client.ts";
import { TestHost } from "../../test/support/test-host.ts";
import type { Row } from "../report.ts";

const entry = fileURLToPath(new URL("../../test/support/server-process.ts", import.meta.url));
const startScript = readFileSync(new URL("./fleet.sh", import.meta.url), "utf8");
const warmRounds = 5;
const megabyte = 1024 ** 2;

/**
 * Scans of many hosts by a server as users start it. The hosts are OpenSSH servers of their own on addresses of
 * 127.0.0.0/8, with OpenSSH's default limits: one minimal host with many faces, on the cores that do all the work.
 */
export async function fleet(hosts: number): Promise<Row[]> {
  const files = await makeSshdFiles();
  const folder = await mkdtemp(path.join(tmpdir(), "roost-bench-"));
  const token = `bench_${randomBytes(32).toString("base64url")}`;
  const port = await freePort();
  const addresses = Array.from({ length: hosts }, (_, index) => `127.77.${index >> 8}.${(index & 255) + 1}`);
  const host = await TestHost.create();
  let server: ChildProcess | undefined;
  try {
    await host.stay();
    const [key, authorized] = await Promise.all(
      ["host-ed25519", "authorized"].map((name) => readFile(path.join(files.folder, name), "utf8")),
    );
    await host.do(startScript, [String(port), key as string, authorized as string, ...addresses]);
    server = fork(entry, [], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ROOST_DATA_DIR: folder,
        ROOST_ADMIN_TOKEN: token,
        ...{
          ROOST_PORT: "0",
          ROOST_WORKERS: "0",
          ROOST_PROXY: "0",
          ROOST_HELLO: "0",
          ROOST_LOG_LEVEL: "warn",
        },
      },
    });
    const [{ url }] = (await once(server, "message")) as [{ url: string }];
    const client = new Client(url, token);
    await addHosts(client, files, addresses, port);
    return await measure(client, server.pid as number);
  } finally {
    if (server && server.exitCode === null) {
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    }
    await host.close();
    await rm(files.folder, { recursive: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(client: Client, pid: number): Promise<Row[]> {
  const scan = () => client.call<Fleet>("POST", "/api/v1/scan/quick", { selector: "fleet=bench" });
  const before = await residentMegabytes(pid);
  const rounds = [await scan()];
  const met = await residentMegabytes(pid);
  for (let turn = 0; turn < warmRounds; turn++) rounds.push(await scan());
  const after = await residentMegabytes(pid);
  const [first, ...warm] = rounds.map(({ milliseconds }) => milliseconds / 1000) as [number, ...number[]];
  const faults = rounds.flatMap((round) => round.hosts.flatMap(({ fault }) => fault ?? []));
  for (const fault of new Set(faults)) console.log(`REFUSED ${fault}`);
  const median = warm.sort((a, b) => a - b)[Math.floor(warm.length / 2)] as number;
  const { total } = rounds[0] as Fleet;
  return [
    { metric: "fleet_hosts", value: total, unit: "count" },
    { metric: "fleet_first_s", value: first, unit: "s", goal: { atMost: 40 } },
    { metric: "fleet_200_s", value: median * (200 / total), unit: "s", goal: { atMost: 15 } },
    { metric: "fleet_refused", value: faults.length, unit: "count", goal: { atMost: 0 } },
    { metric: "fleet_memory_idle_mb", value: before, unit: "MB" },
    { metric: "fleet_memory_first_mb", value: met, unit: "MB" },
    // Flat: what five more rounds add is within what a heap breathes.
    { metric: "fleet_memory_growth_mb", value: after - met, unit: "MB", goal: { atMost: 64 } },
  ];
}

async function addHosts(client: Client, files: SshdFiles, addresses: string[], port: number): Promise<void> {
  const key = { name: "fleet", kind: "ssh", privateKey: files.keys.ed25519 };
  const { id } = await client.call<{ id: string }>("POST", "/api/v1/credentials", key);
  const place = (address: string, index: number) =>
    `Host fleet-${index}\n  HostName ${address}\n  Port ${port}\n  User root\n`;
  const config = addresses.map(place).join("");
  const knownHosts = addresses.map((each) => `[${each}]:${port} ${files.hostKeys.ed25519}`).join("");
  const body = { config, knownHosts, credential: id, labels: { fleet: "bench" } };
  await client.call("POST", "/api/v1/hosts/import", body);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / megabyte;
}
