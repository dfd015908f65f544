import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { RoostError } from "../../errors.ts";
import { programArchive } from "../../programs/contract.ts";
import { type ForcedPolicies, forcedPolicies, type OwnPack, ownPack } from "../../projects/contract.ts";
import type { Client } from "../client.ts";
import { collect } from "../config-arguments.ts";
import { packProgram } from "../pack.ts";
import { readSettings } from "../policy-settings.ts";
import { type ClientFlags, examples, openClient, print, type Session, withServer } from "../session.ts";

/** Of an environment there are no packs. */
type Forced = (Omit<ForcedPolicies, "packs"> & { packs?: OwnPack[] }) | null;

/** What policies are forced on. */
interface Place {
  path: string;
  /** In sentences: a project by its name. */
  words: string;
}

interface PlaceFlags extends ClientFlags {
  environment?: boolean;
}

interface ForceFlags extends PlaceFlags {
  level?: "mandatory" | "advisory" | "own";
  settings?: string;
  budget?: number;
  increase?: number;
  pack?: string[];
  withoutPack?: string[];
  allowCommandLine?: boolean;
}

const none = { level: null, settings: {}, allowCommandLine: false };
const reply = z.object({
  policies: forcedPolicies
    .omit({ packs: true })
    .extend({ packs: z.array(ownPack).optional() })
    .nullable(),
});
const ofEnvironment = ["--environment", "the name is that of an environment (roost environment)"] as const;

function placeOf(name: string, { environment = false }: PlaceFlags): Place {
  const kind = environment ? "environments" : "projects";
  return {
    path: `/api/v1/${kind}/${encodeURIComponent(name)}/policies`,
    words: environment ? `the environment ${name}` : name,
  };
}

export function showCommand(session: Session): Command {
  return withServer(new Command("show"))
    .description("Show the policies that are forced on a project, or on an environment")
    .argument("<name>", "of the project")
    .option(...ofEnvironment)
    .addHelpText("after", examples("roost policy show shop", "roost policy show --environment production"))
    .action(async (name: string, flags: PlaceFlags) => {
      const client = await openClient(session, flags);
      const place = placeOf(name, flags);
      print(session, flags, { policies: await find(client, place) }, ({ policies }) =>
        describe(place, policies),
      );
    });
}

export function forceCommand(session: Session): Command {
  return withServer(new Command("force"))
    .description(
      "Force policies on every update of a project, or of the stacks of an environment; what is not named stays as it is",
    )
    .argument("<name>", "of the project")
    .option(...ofEnvironment)
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
    .option("--increase <amount>", "most that one change may add to what a stack costs in a month", amount)
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
        "roost policy force --environment production --level mandatory",
      ),
    )
    .action(async (name: string, flags: ForceFlags) => {
      const place = placeOf(name, flags);
      if (flags.environment && (flags.pack || flags.withoutPack)) {
        throw new RoostError("invalid", "--pack: packs are code of one project; an environment has none.");
      }
      const client = await openClient(session, flags);
      const { settings: schema } = await import("../../../policies/index.ts");
      const before: NonNullable<Forced> = (await find(client, place)) ?? none;
      const settings =
        flags.settings === undefined ? before.settings : await readSettings(flags.settings, schema);
      const body: NonNullable<Forced> = {
        level: flags.level === undefined ? before.level : flags.level === "own" ? null : flags.level,
        settings: withBudget(settings, flags),
        ...(!flags.environment && { packs: await packsOf(client, before.packs ?? [], flags) }),
        allowCommandLine: flags.allowCommandLine ?? before.allowCommandLine,
      };
      const { policies } = await client.send({
        method: "PUT",
        path: place.path,
        body,
        reply,
      });
      print(session, flags, { policies }, () => describe(place, policies));
    });
}

export function releaseCommand(session: Session): Command {
  return withServer(new Command("release"))
    .description("Force no policies on a project, or on an environment, any more")
    .argument("<name>", "of the project")
    .option(...ofEnvironment)
    .addHelpText("after", examples("roost policy release shop"))
    .action(async (name: string, flags: PlaceFlags) => {
      const client = await openClient(session, flags);
      const place = placeOf(name, flags);
      await client.send({ method: "DELETE", path: place.path });
      print(session, flags, { policies: null }, () => describe(place, null));
    });
}

async function find(client: Client, { path }: Place): Promise<Forced> {
  return (await client.send({ path, reply })).policies;
}

function withBudget(
  settings: ForcedPolicies["settings"],
  { budget, increase }: ForceFlags,
): ForcedPolicies["settings"] {
  const given = Object.entries({ monthly: budget, increase }).filter(([, limit]) => limit !== undefined);
  if (given.length === 0) return settings;
  const before = settings["cost-budget"];
  const own = typeof before === "string" ? { enforcementLevel: before } : before;
  return { ...settings, "cost-budget": { ...own, ...Object.fromEntries(given) } };
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

function describe({ words }: Place, policies: Forced): string {
  if (!policies) return `No policies are forced on ${words}.\n`;
  const { level, settings, packs = [], allowCommandLine } = policies;
  const lines = [
    `Policies are forced on ${words}.`,
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

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new InvalidArgumentError("It must be an amount of money.");
  return value;
}
