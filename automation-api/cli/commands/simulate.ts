import { type Command, Option } from "commander";
import { locateEngine } from "../../../toolchain/found.mjs";
import { createLogRenderer } from "../../deployments/render.ts";
import { RoostError } from "../../errors.ts";
import { readProgramConfig } from "../program-config.ts";
import type { Session } from "../session.ts";
import type { StackTarget } from "../target.ts";

export interface SimulateFlags {
  simulate?: boolean;
  program?: string;
  stackFile?: string;
  json?: boolean;
}

export interface SimulatedPreview extends StackTarget {
  /** Values of flags, laid over those of the stack file. */
  config: Record<string, unknown>;
  /** Keys that are given as secrets. Their values are not asked for. */
  secretKeys: string[];
}

/** Said with every simulated preview, so that nobody takes it for more than it is. */
const notice = [
  "Simulated: the real engine ran the program against a cloud that is made up, as if nothing existed yet.",
  "Not checked: whether the cloud accepts the values (quotas, names that are taken, ranges that overlap,",
  "permissions, regions without a service), what exists there now, secrets, and how long anything takes.",
].join("\n");

/** Flags that mean something to a server only. */
const withServerOnly = [
  ...["url", "plainHttp", "folder", "archive", "git", "ref", "path", "credential"],
  ...["target", "replace", "parallel", "refresh", "message", "unset"],
];

export function addSimulate(command: Command): void {
  command
    .addOption(
      new Option(
        "--simulate",
        "preview a new stack of --program in a made-up cloud; needs no server and no account",
      ).conflicts(withServerOnly),
    )
    .addOption(
      new Option("--stack-file <file>", "with --simulate: Pulumi stack file with the configuration"),
    );
}

/** Previews a program that comes with Roost with the real engine and a simulated cloud. */
export async function simulate(
  session: Session,
  flags: SimulateFlags,
  request: SimulatedPreview,
): Promise<void> {
  const { project, stack } = request;
  const { stdout, stderr } = session.context;
  const program = flags.program ?? project;
  const file = await readProgramConfig(program, flags.stackFile, "--stack-file");
  const engine = locateEngine();
  if (!engine.found) throw new RoostError("unavailable", [engine.reason, ...engine.next].join("\n"));
  const { withSimulation } = await import("../../engine/simulation.ts");
  const interrupted = new AbortController();
  const release = session.context.onSignal(["SIGINT"], () => interrupted.abort());
  const render = createLogRenderer();
  try {
    const place = { engine, program, project, stack, searchPath: session.context.env.PATH };
    await withSimulation(place, async ({ configure, run }) => {
      await configure({ ...file.values, ...request.config }, [...file.secretKeys, ...request.secretKeys]);
      await run("preview", {
        signal: interrupted.signal,
        onEvent(data) {
          const event = { kind: "engine", data };
          stdout.write(flags.json ? `${JSON.stringify(event)}\n` : render(event));
        },
      });
    });
  } catch (error) {
    const isShown = error instanceof RoostError && error.code === "unprocessable";
    throw isShown ? new RoostError("unprocessable", "The preview failed, as shown above.") : error;
  } finally {
    release();
  }
  stderr.write(`\n${notice}\n`);
}
