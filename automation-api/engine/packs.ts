import path from "node:path";
import { fileURLToPath } from "node:url";
import { placeServedPack } from "../../plugins/policy-launcher/index.ts";
import { baseEnvironment, type Child, launch } from "../../plugins/process/index.ts";
import { RoostError } from "../errors.ts";
import type { JobPack, RunnerSetup } from "./contract.ts";
import { placePack } from "./placement.ts";
import { openPlace, type PolicyFlags, sources, writeSettings } from "./policies.ts";

const launcher = fileURLToPath(new URL("../../plugins/policy-launcher/main.ts", import.meta.url));
/** A pack that needs more is ended, which fails the deployment. */
const memoryMegabytes = 512;
/** From the start of its process until it says its port; what it takes to load has the deployment's own limit. */
const startMilliseconds = 60_000;
const keptBytes = 8_000;

export interface PackOptions {
  setup: Pick<RunnerSetup, "packs" | "engineHome" | "engineUser">;
  signal: AbortSignal;
  log(line: string): void;
}

/** Packs of the project that judge one deployment, each in a process of its own. */
export interface ServedPacks {
  flags: PolicyFlags;
  /**
   * To be asked when the engine has ended: one that left meanwhile may not have judged all.
   * @throws unprocessable naming it
   */
  requireAll(): void;
}

/**
 * Serves the project's own packs to this runner's engine. They run with rights of their own where the machine
 * allows it, so that the program which they judge cannot reach them, and admit that engine only.
 * @throws where one cannot be placed or started: then nothing may be deployed
 */
export async function servePacks(packs: readonly JobPack[], options: PackOptions): Promise<ServedPacks> {
  const served = await Promise.all(packs.map((pack, index) => servePack(pack, index, options)));
  return {
    flags: {
      policyPacks: served.map(({ executable }) => executable),
      policyPackConfigs: served.map(({ config }) => config),
    },
    requireAll() {
      for (const { fault } of served) {
        const message = fault();
        if (message !== undefined) throw new RoostError("unprocessable", message);
      }
    },
  };
}

async function servePack(pack: JobPack, index: number, { setup, signal, log }: PackOptions) {
  const { name, source } = pack;
  const say = (line: string) => log(`${name}: ${line}`);
  const { folder, loader } =
    source === null
      ? { folder: sources, loader: "node" }
      : await placePack(source, path.join(setup.packs, String(index)), { signal, log: say }).catch(
          (cause) => {
            const message = `The policy pack ${name}: ${(cause as Error).message}`;
            throw new RoostError("unprocessable", message, { cause });
          },
        );
  const admit = setup.engineUser === undefined ? [] : ["--admit", String(setup.engineUser)];
  const child = launch(
    {
      command: [
        ...[
          process.execPath,
          `--max-old-space-size=${memoryMegabytes}`,
          "--disable-warning=ExperimentalWarning",
        ],
        ...[launcher, "--detached", "--loader", loader, ...admit, folder],
      ],
      cwd: setup.packs,
      env: baseEnvironment(),
      role: "policy",
    },
    signal,
  );
  const { port, fault } = await portOf(child, name, say);
  const place = await openPlace(setup.engineHome, `pack-${index}`);
  const executable = path.join(place, name);
  await placeServedPack(executable, port);
  const config = await writeSettings(place, pack);
  return { executable, config, fault };
}

/** Reads the port from its first line, passes on what else it says, and notices its end. */
async function portOf(child: Child, name: string, say: (line: string) => void) {
  let said = "";
  let ended: string | undefined;
  const told = Promise.withResolvers<number>();
  let rest = "";
  let port: number | undefined;
  const lines = (text: string) => {
    const all = (rest + text).split("\n");
    rest = (all.pop() ?? "").slice(-keptBytes);
    for (const line of all) {
      if (port === undefined && /^\d+$/.test(line)) {
        port = Number(line);
        told.resolve(port);
      } else say(line);
    }
  };
  child.stdout.setEncoding("utf8").on("data", lines);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-keptBytes);
  });
  const fault = () => ended;
  const end = (how: string) => {
    ended = `The policy pack ${name} ended before the deployment did (${how}).\n${said.trim()}`.trim();
    told.reject(new RoostError("unprocessable", ended));
  };
  child.exited.then(
    ({ code, signal }) => end(signal ?? `code ${code}`),
    (error: Error) => end(error.message),
  );
  const timer = setTimeout(() => end("not started in time"), startMilliseconds);
  return { port: await told.promise.finally(() => clearTimeout(timer)), fault };
}
