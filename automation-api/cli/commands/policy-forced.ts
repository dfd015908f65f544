import { Command, InvalidArgumentError, Option } from "commander";
import { RoostError } from "../../errors.ts";
import { programArchive } from "../../programs/contract.ts";
import { type ForcedPolicies, forcedPoliciesReply, type OwnPack } from "../../projects/contract.ts";
import type { Client } from "../client.ts";
import { packProgram } from "../pack.ts";
import { readSettings } from "../policy-settings.ts";
import { type ClientFlags, examples, openClient, print, type Session, withServer } from "../session.ts";

type Forced = ForcedPolicies | null;

interface ForceFlags extends ClientFlags {
  level?: "mandatory" | "advisory" | "own";
  settings?: string;
  budget?: number;
  pack?: string[];
  withoutPack?: string[];
  allowCommandLine?: boolean;
}

const none: ForcedPolicies = { level: null, settings: {}, packs: [], allowCommandLine: false };
const pathOf = (project: string) => `/api/v1/projects/${encodeURIComponent(project)}/policies`;

export function showCommand(session: Session): Command {
  return withServer(new Command("show"))
    .description("Show the policies that are forced on a project")
    .argument("<project>")
    .addHelpText("after", examples("roost policy show shop"))
    .action(async (project: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      print(session, flags, { policies: await find(client, project) }, ({ policies }) =>
        describe(project, policies),
      );
    });
}

export function forceCommand(session: Session): Command {
  return withServer(new Command("force"))
    .description("Force policies on every update of a project; what is not named stays as it is")
    .argument("<project>")
    .addOption(
      new Option("--level <level>", "of every policy whose level is not set; own: each has its own").choices([
        "mandatory",
        "advisory",
        "own",
      ]),
    )
    .option(
      "--settings <file>",
      "levels, settings and exceptions of policies, as YAML or JSON, in place of those there are",
    )
    .option("--budget <amount>", "most that each stack may cost in a month", amount)
    .option(
      "--pack <name=path>",
      "a pack of the project's own: folder or gzipped tar of this machine; may be given again",
      collect,
    )
    .option("--without-pack <name>", "the pack of that name no more; may be given again", collect)
    .option("--allow-command-line", "people may update by their own pulumi command, which does not run them")
    .option("--no-allow-command-line", "people may not")
    .addHelpText(
      "after",
      examples(
        "roost policy force shop --level mandatory --budget 400",
        "roost policy force shop --pack house=policies/example",
      ),
    )
    .action(async (project: string, flags: ForceFlags) => {
      const client = await openClient(session, flags);
      const { settings: schema } = await import("../../../policies/index.ts");
      const before = (await find(client, project)) ?? none;
      const settings =
        flags.settings === undefined ? before.settings : await readSettings(flags.settings, schema);
      const body: ForcedPolicies = {
        level: flags.level === undefined ? before.level : flags.level === "own" ? null : flags.level,
        settings: flags.budget === undefined ? settings : withBudget(settings, flags.budget),
        packs: await packsOf(client, before.packs, flags),
        allowCommandLine: flags.allowCommandLine ?? before.allowCommandLine,
      };
      const { policies } = await client.send({
        method: "PUT",
        path: pathOf(project),
        body,
        reply: forcedPoliciesReply,
      });
      print(session, flags, { policies }, () => describe(project, policies));
    });
}

export function releaseCommand(session: Session): Command {
  return withServer(new Command("release"))
    .description("Force no policies on a project any more")
    .argument("<project>")
    .addHelpText("after", examples("roost policy release shop"))
    .action(async (project: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      await client.send({ method: "DELETE", path: pathOf(project) });
      print(session, flags, { policies: null }, () => describe(project, null));
    });
}

async function find(client: Client, project: string): Promise<Forced> {
  return (await client.send({ path: pathOf(project), reply: forcedPoliciesReply })).policies;
}

function withBudget(settings: ForcedPolicies["settings"], monthly: number): ForcedPolicies["settings"] {
  const before = settings["cost-budget"];
  const own = typeof before === "string" ? { enforcementLevel: before } : before;
  return { ...settings, "cost-budget": { ...own, monthly } };
}

/** A pack of the same name is replaced, with what was set for it. */
async function packsOf(client: Client, before: OwnPack[], flags: ForceFlags): Promise<OwnPack[]> {
  const packs = new Map(before.map((pack) => [pack.name, pack]));
  for (const name of flags.withoutPack ?? []) {
    if (!packs.delete(name)) throw new RoostError("invalid", `--without-pack: there is no pack ${name}.`);
  }
  for (const given of flags.pack ?? []) {
    const [name = "", ...path] = given.split("=");
    if (path.length === 0) throw new RoostError("invalid", `--pack: expected name=path, not ${given}.`);
    const bytes = await packProgram(path.join("="), "--pack");
    const { id } = await client.send({
      method: "POST",
      path: "/api/v1/programs",
      bytes,
      reply: programArchive,
    });
    const { level = null, settings = {} } = packs.get(name) ?? {};
    packs.set(name, { name, source: { archive: id }, level, settings });
  }
  return [...packs.values()];
}

function describe(project: string, policies: Forced): string {
  if (!policies) return `No policies are forced on ${project}.\n`;
  const { level, settings, packs, allowCommandLine } = policies;
  const lines = [
    `Policies are forced on ${project}.`,
    `Level: ${level ?? "each its own"}.`,
    ...Object.entries(settings).map(
      ([name, own]) => `  ${name}: ${typeof own === "string" ? own : JSON.stringify(own)}`,
    ),
    ...packs.map(
      ({ name, source, level: own }) =>
        `Own pack ${name}: ${sourceText(source)}, level ${own ?? "each its own"}.`,
    ),
    allowCommandLine
      ? "People may update by their own pulumi command, which does not run them."
      : "Updates by people's own pulumi command are refused.",
  ];
  return `${lines.join("\n")}\n`;
}

function sourceText({ folder, archive, path, git }: OwnPack["source"]): string {
  const text = folder ?? archive ?? `${git?.url} ${git?.ref}`;
  return path === undefined ? text : `${text} ${path}`;
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new InvalidArgumentError("It must be an amount of money.");
  return value;
}
