import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  type PulumiCommand,
  type PulumiFn,
  Stack,
  type StackSettings,
} from "@pulumi/pulumi/automation/index.js";
import { commandProvider } from "../../plugins/command/index.ts";
import { type Served, serveProvider } from "../../plugins/provider/index.ts";
import { roostProvider } from "../../plugins/roost/index.ts";
import { type SimulatedCloud, simulateCloud } from "../../plugins/simulated-cloud/index.ts";
import { structuredOutputs } from "../../stacks/graph.ts";
import { type Builtins, checkConfig } from "../../stacks/index.ts";
import { runBuiltin } from "../../stacks/run.ts";
import { RoostError } from "../errors.ts";
import { EngineCommand, EngineFailure } from "./command.ts";
import { configError } from "./graph.ts";

export type SimulatedOperation = "preview" | "up" | "refresh" | "destroy";

export interface SimulationRequest {
  /** The engine's executable and its version. */
  engine: { path: string; version: string };
  /** Name of a program. */
  program: string;
  /** Programs to choose from. Default: those that come with Roost. */
  builtins?: Builtins;
  project: string;
  stack: string;
  /** Search path of the programs that the engine starts. Default: none is found. */
  searchPath?: string;
}

/** One stack in a cloud, a backend and a folder that exist as long as it is used. */
export interface Simulation {
  cloud: SimulatedCloud;
  /**
   * Configuration by key without namespace; from the next operation on. Of a secret no value is needed.
   * @throws invalid with all faults
   */
  configure(values: Record<string, unknown>, secretKeys?: string[]): Promise<void>;
  /** @throws unprocessable with what the engine printed */
  run(operation: SimulatedOperation, watch?: Watch): Promise<Changes>;
}

export interface Watch {
  onEvent?: (event: EngineEvent) => void;
  signal?: AbortSignal;
}

/** In the place of every secret: none is read, so none can leak. */
const madeUpSecret = "[secret]";

/** How many resources there were of each kind of step; those without change are `same`. */
export type Changes = Record<string, number>;

/**
 * Gives a program of ours a real engine and a simulated cloud: no server, no account, nothing left behind.
 * Programs with services or commands of this machine are to be previewed only.
 */
export async function withSimulation<T>(
  request: SimulationRequest,
  use: (simulation: Simulation) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(path.join(tmpdir(), "roost-simulation-"));
  const cloud = simulateCloud({ structured: structuredOutputs });
  const served: Served[] = [];
  try {
    const attached: string[] = [];
    const attach = async (provider: Parameters<typeof serveProvider>[0], names: readonly string[]) => {
      const each = await serveProvider(provider);
      served.push(each);
      attached.push(...names.map((name) => `${name}:${each.port}`));
    };
    await attach(cloud.provider, cloud.packages);
    await attach(commandProvider, ["command"]);
    await attach(roostProvider({ dataFolder: path.join(root, "services") }), ["roost"]);
    const opened = await openStack(request, root, attached.join(","));
    return await use({
      cloud,
      async configure(values, secretKeys = []) {
        const secrets = Object.fromEntries(secretKeys.map((key) => [key, madeUpSecret]));
        const { program, builtins } = request;
        const checked = checkConfig(program, { ...values, ...secrets }, secretKeys, builtins);
        if ("faults" in checked) throw configError(program, checked.faults);
        await configure(opened, values, secretKeys);
      },
      run: (operation, watch = {}) => runOperation(opened.stack, operation, watch),
    });
  } finally {
    await Promise.all(served.map((each) => each.close()));
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Opened {
  stack: Stack;
  /** Runs the engine's command in the stack's folder. */
  pulumi(...args: string[]): Promise<unknown>;
}

async function openStack(
  { engine, program, builtins, project, stack, searchPath = "" }: SimulationRequest,
  root: string,
  attached: string,
): Promise<Opened> {
  const [work, state, home] = ["work", "state", "home"].map((name) => path.join(root, name));
  for (const folder of [work!, state!, home!]) await mkdir(folder);
  const command = new EngineCommand(engine.path, engine.version);
  const inline: PulumiFn = () => runBuiltin(program, builtins);
  const envVars = {
    HOME: home!,
    PATH: searchPath,
    PULUMI_BACKEND_URL: `file://${state}`,
    // Its state holds nothing but what was made up.
    PULUMI_CONFIG_PASSPHRASE: "simulated",
    PULUMI_DEBUG_PROVIDERS: attached,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    GOGC: "400",
  };
  const workspace = await LocalWorkspace.create({
    workDir: work!,
    pulumiHome: home!,
    pulumiCommand: command as unknown as PulumiCommand,
    program: inline,
    projectSettings: { name: project, runtime: "nodejs", main: work! },
    envVars,
  });
  return {
    stack: await Stack.create(stack, workspace),
    pulumi: (...args) => command.run(args, work!, { ...envVars, PULUMI_HOME: home! }),
  };
}

async function configure({ stack, pulumi }: Opened, values: Record<string, unknown>, secretKeys: string[]) {
  const { workspace, name } = stack;
  const { name: project } = await workspace.projectSettings();
  const plain = Object.entries(values).filter(([key]) => !secretKeys.includes(key));
  const { secretsProvider, encryptionSalt } = await workspace
    .stackSettings(name)
    .catch(() => ({}) as StackSettings);
  const config = Object.fromEntries(plain.map(([key, value]) => [`${project}:${key}`, value]));
  await workspace.saveStackSettings(name, { secretsProvider, encryptionSalt, config: config as never });
  for (const key of secretKeys) await pulumi("config", "set", "--stack", name, "--secret", key, madeUpSecret);
}

async function runOperation(stack: Stack, operation: SimulatedOperation, { onEvent, signal }: Watch) {
  let changes: Changes = {};
  const options = {
    color: "never" as const,
    signal,
    onEvent(event: EngineEvent) {
      changes = event.summaryEvent?.resourceChanges ?? changes;
      onEvent?.(event);
    },
  };
  try {
    await stack[operation](options as never);
  } catch (cause) {
    const told = cause instanceof EngineFailure ? cause.output.trim() || cause.message : String(cause);
    throw new RoostError("unprocessable", told, { cause });
  }
  return changes;
}
