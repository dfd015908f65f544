import { randomUUID } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { type DeploymentOptions, deployment, type Operation } from "../../deployments/contract.ts";
import { RoostError } from "../../errors.ts";
import { type ProgramReference, programArchive } from "../../programs/contract.ts";
import type { Client } from "../client.ts";
import { type ConfigFlags, collect, parseConfig, parseSecrets } from "../config-arguments.ts";
import { follow } from "../follow.ts";
import { packProgram } from "../pack.ts";
import { SecretReader, secretSourceHelp } from "../secret-source.ts";
import { type ClientFlags, examples, openClient, print, type Session, withServer } from "../session.ts";
import { parseTarget, type StackTarget } from "../target.ts";
import { addSimulate, type SimulateFlags, simulate } from "./simulate.ts";

interface DeployFlags extends ClientFlags, ConfigFlags, SimulateFlags {
  program?: string;
  folder?: string;
  archive?: string;
  git?: string;
  ref?: string;
  path?: string;
  credential?: string;
  secret?: string[];
  message: string;
  target?: string[];
  replace?: string[];
  parallel?: number;
  refresh?: boolean;
  continueOnError?: boolean;
  follow: boolean;
}

interface Wording {
  name: string;
  operation: Operation;
  description: string;
  examples: string[];
  /** Whether it runs a program, and takes its configuration. */
  takesProgram: boolean;
}

const wordings: Wording[] = [
  {
    name: "deploy",
    operation: "update",
    description: "Update a stack: queue it, follow it, and exit by its result",
    takesProgram: true,
    examples: [
      "roost deploy hello/dev --program hello --config message=hi",
      "roost deploy shop/prod --git https://git.example.com/shop.git --ref v1.4 --path infra",
      "roost deploy shop/dev --archive ./infra --secret apiKey=env:API_KEY --message 'new key'",
      "roost deploy shop/dev                        # the program of the last time",
    ],
  },
  {
    name: "preview",
    operation: "preview",
    description: "Show what an update of a stack would change",
    takesProgram: true,
    examples: [
      "roost preview hello/dev --config message=hello",
      "roost preview shop/prod --json | jq .kind",
      "roost preview web-service/dev --program web-service --stack-file Pulumi.dev.yaml --simulate",
    ],
  },
  {
    name: "refresh",
    operation: "refresh",
    description: "Read the real state of a stack's resources into its state",
    takesProgram: false,
    examples: ["roost refresh hello/dev"],
  },
  {
    name: "destroy",
    operation: "destroy",
    description: "Delete all resources of a stack; its history stays",
    takesProgram: false,
    examples: ["roost destroy hello/dev", "roost destroy hello/dev --no-follow --json"],
  },
];

/** `deploy`, `preview`, `refresh` and `destroy`: one deployment each. */
export function deployCommands(session: Session): Command[] {
  return wordings.map((wording) => {
    const command = withServer(new Command(wording.name).description(wording.description));
    if (wording.takesProgram)
      addProgram(command.argument("[project/stack]", "with --program NAME: NAME/dev"));
    else command.argument("<project/stack>");
    addOptions(command, wording.operation);
    if (wording.operation === "preview") addSimulate(command);
    return command
      .addHelpText("after", examples(...wording.examples))
      .action((target: string | undefined, flags: DeployFlags) =>
        deploy(session, wording.operation, target, flags),
      );
  });
}

function addProgram(command: Command): void {
  command
    .option("--program <name>", "program that comes with Roost, such as hello")
    .option("--folder <path>", "folder on the server, below one of its ROOST_PROGRAM_ROOTS")
    .option("--archive <path>", "gzipped tar file or folder of this machine, which is packed and uploaded")
    .option("--git <url>", "git repository, by https")
    .option("--ref <ref>", "branch, tag or commit of --git (default: HEAD)")
    .option("--path <folder>", "folder of the program in --git or --archive (default: its root)")
    .option("--credential <id>", "stored credential for --git")
    .option("--config <key=value>", "configuration value; may be given again", collect)
    .option("--config-json <key=json>", "the same with a number, boolean, list or object", collect)
    .option("--unset <key>", "removes a configuration value or secret", collect)
    .option("--secret <key[=source]>", `secret, asked for, or from ${secretSourceHelp}`, collect);
}

function addOptions(command: Command, operation: Operation): void {
  command.option("--message <text>", "why; shown in lists and history", "");
  command.option("--target <urn>", "touch only this resource; may be given again", collect);
  if (operation === "update" || operation === "preview") {
    command.option("--replace <urn>", "make this resource anew; may be given again", collect);
  }
  command.option("--parallel <n>", "resource operations at once", wholeNumber);
  if (operation !== "refresh") command.option("--refresh", "read the real state before comparing");
  if (operation === "update" || operation === "destroy") {
    command.option("--continue-on-error", "go on with what does not depend on a failed resource");
  }
  command.option("--follow", "show it until it ends; Ctrl-C cancels it, twice leaves it to itself", true);
  command.option("--no-follow", "return when it is queued");
}

async function deploy(
  session: Session,
  operation: Operation,
  text: string | undefined,
  flags: DeployFlags,
): Promise<void> {
  const target = targetOf(text, flags);
  const config = parseConfig(flags);
  const sources = parseSecrets(flags.secret);
  refuseStrayFlags(flags);
  if (flags.simulate) {
    return simulate(session, flags, { ...target, config, secretKeys: sources.map(({ key }) => key) });
  }
  const client = await openClient(session, flags);
  const reader = new SecretReader(session.context);
  const secrets: Record<string, string> = {};
  for (const { key, source } of sources) secrets[key] = await reader.read(source, `Value of ${key}`);
  const queued = await client.send({
    method: "POST",
    path: "/api/v1/deployments",
    idempotencyKey: randomUUID(),
    reply: deployment,
    body: {
      ...target,
      operation,
      program: await programOf(client, flags),
      ...(Object.keys(config).length > 0 && { config }),
      ...(sources.length > 0 && { secrets }),
      message: flags.message,
      options: optionsOf(flags),
    },
  });
  if (flags.follow) {
    session.exitCode = await follow(client, queued.id, session, {
      json: flags.json,
      title: `${target.project}/${target.stack} ${operation}`,
      onInterrupt: "cancel",
    });
    return;
  }
  print(
    session,
    flags,
    queued,
    ({ id, state, position }) =>
      `${id} ${state}${position > 0 ? `, ${position} before it` : ""}. Follow it: roost logs -f ${id}\n`,
  );
}

function targetOf(text: string | undefined, { program }: DeployFlags): StackTarget {
  if (text !== undefined) return parseTarget(text);
  if (program !== undefined) return parseTarget(`${program}/dev`);
  throw new RoostError("invalid", "Which stack? Give project/stack, such as hello/dev.");
}

/** Flags of one kind of program beside another kind would be ignored: they are refused instead. */
function refuseStrayFlags(flags: DeployFlags): void {
  const kinds = (["program", "folder", "archive", "git"] as const).filter(
    (kind) => flags[kind] !== undefined,
  );
  if (kinds.length > 1) {
    throw new RoostError(
      "invalid",
      `Give one of ${kinds.map((kind) => `--${kind}`).join(", ")}, not several.`,
    );
  }
  const stray = (["ref", "credential"] as const).find((flag) => flags[flag] !== undefined && !flags.git);
  if (stray) throw new RoostError("invalid", `--${stray} goes with --git only.`);
  if (flags.path !== undefined && !flags.git && !flags.archive) {
    throw new RoostError("invalid", "--path goes with --git or --archive only.");
  }
}

async function programOf(client: Client, flags: DeployFlags): Promise<ProgramReference | undefined> {
  const { program: builtin, folder, archive, git: url, ref = "HEAD", path, credential } = flags;
  if (builtin !== undefined) return { builtin };
  if (folder !== undefined) return { folder };
  if (url !== undefined) return { git: { url, ref, path, credential } };
  if (archive === undefined) return undefined;
  const uploaded = await client.send({
    method: "POST",
    path: "/api/v1/programs",
    bytes: await packProgram(archive),
    reply: programArchive,
  });
  return { archive: uploaded.id, path };
}

function optionsOf(flags: DeployFlags): DeploymentOptions {
  return {
    targets: flags.target,
    replace: flags.replace,
    parallel: flags.parallel,
    refreshFirst: flags.refresh,
    continueOnError: flags.continueOnError,
  };
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Expected a whole number above 0.");
  return Number(text);
}
