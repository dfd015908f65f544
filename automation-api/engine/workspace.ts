import { writeFile } from "node:fs/promises";
import path from "node:path";
import {
  LocalWorkspace,
  type PulumiCommand,
  type PulumiFn,
  Stack,
  type StackSettings,
  type Workspace,
} from "@pulumi/pulumi/automation/index.js";
import type { EngineCommand } from "./command.ts";
import type { Job, RunnerSetup } from "./contract.ts";
import { linkPlugins } from "./plugin-folder.ts";

/** Names of the engine's own environment that a runner passes on to it. */
const passed = [
  "PATH",
  "LANG",
  "TZ",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
];

export interface WorkspaceRequest {
  job: Job;
  setup: RunnerSetup;
  command: EngineCommand;
  /** Folder of the program, or an empty folder for a builtin one. */
  folder: string;
  /** The builtin program; absent: the folder's own, run by the language host. */
  program?: PulumiFn;
  /** `name:port` of the providers attached, joined by commas. */
  attached: string;
}

/**
 * A workspace on our own state backend. Configuration goes into a private
 * file (`writeConfig`) with secret values encrypted already, so that nothing secret is in argv.
 */
export async function openStack(request: WorkspaceRequest): Promise<Stack> {
  const { job, setup, command, folder, program } = request;
  const home = path.join(setup.engineHome, "pulumi");
  // The engine writes all that it does and sees into a log of its own there, which nobody reads and no setting turns
  // off; where that folder cannot be made it does without, and asks for no key to encrypt it.
  await writeFile(path.join(home, "logs"), "");
  if (setup.pluginsFolder) {
    await linkPlugins(setup.pluginsFolder, path.join(home, "plugins"), setup.engineUser !== undefined);
  }
  const workspace = await LocalWorkspace.create({
    workDir: folder,
    pulumiHome: home,
    // The class has a private constructor; its `run` is all that the Automation API uses.
    pulumiCommand: command as unknown as PulumiCommand,
    program,
    ...(program && {
      projectSettings: {
        name: job.project,
        runtime: "nodejs",
        main: folder,
        backend: { url: job.backendUrl },
      },
    }),
    envVars: environment(request),
  });
  return Stack.select(`${job.organization}/${job.project}/${job.stack}`, workspace);
}

/** Puts the job's configuration where its engine reads it. */
export async function writeConfig({ workspace }: Stack, job: Job): Promise<void> {
  const own: StackSettings =
    job.program.kind === "builtin" ? {} : await settingsOfFolder(workspace, job.stack);
  await workspace.saveStackSettings(job.stack, { ...own, config: { ...own.config, ...stackConfig(job) } });
}

function environment({ job, setup, attached }: WorkspaceRequest): Record<string, string> {
  const inherited = passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return {
    ...Object.fromEntries(inherited),
    HOME: setup.engineHome,
    TMPDIR: setup.engineHome,
    ...(setup.engineLauncher && {
      ROOST_LAUNCHER: setup.engineLauncher,
      // By a strange enough name a program could have its own files taken for plugins on the search path.
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    }),
    PULUMI_BACKEND_URL: job.backendUrl,
    PULUMI_ACCESS_TOKEN: job.token,
    PULUMI_DEBUG_PROVIDERS: attached,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // With the default of 50 ms each resource waits that long for its journal entry.
    PULUMI_JOURNALING_BATCH_PERIOD: "1",
    // A short process whose start allocates much: collecting less often saves it a tenth of its time.
    GOGC: "400",
    // A large state is collected as ever.
    GOMEMLIMIT: "512MiB",
    ...(job.traceParent && { TRACEPARENT: job.traceParent }),
  };
}

/** A folder may bring a settings file of its own; the stored configuration is laid over it. */
async function settingsOfFolder(workspace: Workspace, stack: string): Promise<StackSettings> {
  return workspace.stackSettings(stack).catch(() => ({}));
}

function stackConfig(job: Job): StackSettings["config"] {
  const entries = Object.entries(job.config).map(([key, value]) => [
    key,
    "secure" in value ? { secure: value.secure } : value.object ? JSON.parse(value.value) : value.value,
  ]);
  return Object.fromEntries(entries);
}
