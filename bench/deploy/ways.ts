import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { cpuSeconds } from "./processes.ts";
import type { Server } from "./server.ts";

const run = promisify(execFile);
const project = "bench";
/** An update that takes longer has failed. */
const limitMilliseconds = 10 * 60_000;

/** What one update took. */
export interface Cost {
  milliseconds: number;
  /** Of all processes that work for it, from the import of the program on; NaN where the system does not say. */
  cpuSeconds: number;
  requests: number;
  /** Of HTTP on the wire; for a file backend what its folder grew by. */
  bytes: number;
}

/** One stack that is updated in one way. */
export interface Subject {
  /** Waits for what a person would not wait for, such as the import of the SDK; then updates and measures. */
  update(payload: string): Promise<Cost>;
}

export interface Way {
  name: string;
  /** Resources at most: some ways are quadratic. */
  maximum: number;
  open(stack: string, count: number): Promise<Subject>;
}

/** The CLI, or the Automation API around it, called by a program of a person's own. */
export function personsWay(lab: Lab, call: "cli" | "up", server?: Server): Way {
  const backend = server ? server.url : "file backend";
  return {
    name: `${call === "cli" ? "pulumi up" : "stack.up()"}, ${server ? "our backend" : "files"}`,
    maximum: server ? Number.POSITIVE_INFINITY : 100,
    async open(stack, count) {
      const folder = path.join(lab.folder, `${call}-${server ? "http" : "file"}-${stack}`);
      const states = path.join(folder, "states");
      await mkdir(states, { recursive: true });
      await writeFile(path.join(folder, "Pulumi.yaml"), stringify({ name: project, runtime: "nodejs" }));
      const env = {
        ...lab.environment(),
        ...(server
          ? { PULUMI_BACKEND_URL: backend, PULUMI_ACCESS_TOKEN: server.token }
          : { PULUMI_BACKEND_URL: `file://${states}`, PULUMI_CONFIG_PASSPHRASE: "bench" }),
      };
      await run(lab.engine, ["stack", "init", stack, "--non-interactive"], { cwd: folder, env });
      return {
        async update(payload) {
          await configure(path.join(folder, `Pulumi.${stack}.yaml`), { count, payload });
          const host = await Host.start(env);
          try {
            const before = await standOf(lab, server, states);
            const order = { way: call, engine: lab.engine, folder, stack, env };
            const done = await host.run(order, limitMilliseconds);
            const after = await standOf(lab, server, states);
            return {
              ...done,
              ...difference(before, after),
              cpuSeconds: done.cpuSeconds + after.cpuSeconds - before.cpuSeconds,
            };
          } finally {
            host.end();
          }
        },
      };
    },
  };
}

/** Our API: from the POST to the committed row that says that it succeeded. */
export function ourWay(lab: Lab, server: Server, name = "our API"): Way {
  return {
    name,
    maximum: Number.POSITIVE_INFINITY,
    open: async (stack, count) => ({
      async update(payload) {
        await server.ask({ kind: "warm" });
        const before = await standOf(lab, server);
        const begun = performance.now();
        const { id } = await server.client.deploy(deploymentOf(stack, count, payload));
        const milliseconds = (await server.endings.of(id, limitMilliseconds)) - begun;
        // A deployment costs the start of the runner that takes its place too.
        await server.ask({ kind: "warm" });
        return { milliseconds, ...difference(before, await standOf(lab, server)) };
      },
    }),
  };
}

export function deploymentOf(stack: string, count: number, payload: string): Record<string, unknown> {
  return { project, stack, program: { builtin: "noop" }, config: { count, payload } };
}

type Stand = Omit<Cost, "milliseconds">;

async function standOf(lab: Lab, server: Server | undefined, states?: string): Promise<Stand> {
  if (!server) return { cpuSeconds: 0, requests: 0, bytes: await folderBytes(states as string) };
  const { requests, bytes } = await server.ask({ kind: "traffic" });
  return { requests, bytes, cpuSeconds: cpuSeconds([server.pid, await lab.databasePid()]) };
}

function difference(before: Stand, after: Stand): Stand {
  return {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    requests: after.requests - before.requests,
    bytes: after.bytes - before.bytes,
  };
}

/** The stack's own file holds the salt of its secrets beside its configuration. */
async function configure(file: string, config: Record<string, string | number>): Promise<void> {
  const settings = parse(await readFile(file, "utf8").catch(() => "{}")) ?? {};
  const entries = Object.entries(config).map(([key, value]) => [`${project}:${key}`, value]);
  await writeFile(file, stringify({ ...settings, config: Object.fromEntries(entries) }));
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((entry) => stat(path.join(entry.parentPath, entry.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
