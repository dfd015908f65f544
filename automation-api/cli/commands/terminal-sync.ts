import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Command, Option } from "commander";
import { stringify } from "yaml";
import { z } from "zod";
import {
  type MergeConflict,
  mergeShells,
  type Shell,
  shellSchema,
} from "../../../host-provisioning/terminal/index.ts";
import { invalid, RoostError } from "../../errors.ts";
import { type Pulled, pulled, pushed } from "../../sync/contract.ts";
import { type AgeKey, ageKeyPath, makeAgeKey, readAgeKey } from "../age-key.ts";
import type { Client } from "../client.ts";
import { ageOf } from "../duration.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderTable } from "../table.ts";
import { parseYaml, readIfThere, writeWhole } from "../text-file.ts";

/** Times that another machine may be quicker before one gives up. */
const tries = 5;

interface SyncFlags extends ClientFlags {
  name: string;
  key?: string;
  prefer?: "mine" | "theirs";
  revision?: string;
}

/** What this machine and the server have, and what both come to. */
interface Together {
  shell: Shell;
  /** Current revision on the server; null when nothing is there. */
  current: string | null;
  theirs: Shell | undefined;
}

export function pushCommand(session: Session): Command {
  return withSync("push")
    .description("Bring a shell together with what your other machines have pushed, and keep it for them")
    .argument(
      "<file>",
      "description of the shell, YAML or JSON; rewritten when others have changed something",
    )
    .addHelpText(
      "after",
      examples("roost terminal push shell.yaml", "roost terminal push shell.yaml --prefer mine"),
    )
    .action(async (file: string, flags: SyncFlags) => {
      const client = await openClient(session, flags);
      const key = await keyFor(session, client, flags);
      const mine = await readShell(file);
      if (!mine) throw new RoostError("invalid", `${file} is not there.`);
      for (let attempt = 1; ; attempt++) {
        const { shell, current, theirs } = await together(session, client, key, flags, mine);
        await writeShell(file, mine, shell);
        const isNews = !isDeepStrictEqual(shell, theirs);
        const revision = isNews ? await pushOnto(client, key, flags.name, shell, current) : current;
        if (revision === undefined && attempt < tries) continue;
        if (!revision)
          throw new RoostError("conflict", "Your other machines push at this very moment: try again.");
        await keepBase(session, client, flags.name, revision);
        const changed = !isDeepStrictEqual(shell, mine);
        return print(session, flags, { name: flags.name, revision, pushed: isNews, changed }, (done) =>
          [
            done.pushed
              ? `pushed ${done.revision.slice(0, 12)}`
              : `nothing to push: ${done.revision.slice(0, 12)} is the same`,
            ...(done.changed ? [`${file} has what your other machines have changed`] : []),
          ]
            .map((line) => `${line}\n`)
            .join(""),
        );
      }
    });
}

export function pullCommand(session: Session): Command {
  return withSync("pull")
    .description("Bring what your other machines have pushed into a description of this one")
    .argument("<file>", "description of the shell; made when it is not there")
    .option("--revision <sha256>", "take this older version as it is; the next push makes it the current one")
    .addHelpText(
      "after",
      examples("roost terminal pull shell.yaml", "roost terminal pull shell.yaml --revision 3f2a…"),
    )
    .action(async (file: string, flags: SyncFlags) => {
      const client = await openClient(session, flags);
      const key = await keyFor(session, client, flags);
      const mine = await readShell(file);
      const { shell, current } = flags.revision
        ? await older(client, key, flags.name, flags.revision)
        : await together(session, client, key, flags, mine);
      if (current === null) throw new RoostError("not_found", `Nothing was pushed as ${flags.name} yet.`);
      await writeShell(file, mine, shell);
      await keepBase(session, client, flags.name, current);
      const changed = !isDeepStrictEqual(shell, mine);
      print(session, flags, { name: flags.name, revision: flags.revision ?? current, changed }, (done) =>
        done.changed ? `${file} is at ${done.revision.slice(0, 12)}\n` : `${file} has it all already\n`,
      );
    });
}

export function versionsCommand(session: Session): Command {
  return withServer(new Command("versions"))
    .description("List the versions of a shell that are kept")
    .addOption(nameOption())
    .action(async (flags: SyncFlags) => {
      const found = await pull(await openClient(session, flags), flags.name);
      if (!found) throw new RoostError("not_found", `Nothing was pushed as ${flags.name} yet.`);
      const { name, current, versions } = found;
      print(session, flags, { name, current, versions }, () =>
        renderTable(
          versions,
          [
            { title: "REVISION", value: ({ revision }) => revision },
            { title: "PUSHED", value: ({ pushedAt }) => ageOf(pushedAt) },
            { title: "", value: ({ revision }) => (revision === current ? "current" : "") },
          ],
          widthOf(session.context),
        ),
      );
    });
}

const nameOption = () => new Option("--name <name>", "which of your shells").default("default");

function withSync(name: string): Command {
  return withServer(new Command(name))
    .addOption(nameOption())
    .option(
      "--key <file>",
      "your key, as age-keygen makes it (default: ~/.config/roost/age-key.txt, made at the first push)",
    )
    .addOption(
      new Option("--prefer <side>", "who is right where two machines have changed one thing").choices([
        "mine",
        "theirs",
      ]),
    );
}

/** @throws conflict naming each thing that two machines have changed, unless one side is preferred. */
async function together(
  session: Session,
  client: Client,
  key: AgeKey,
  { name, prefer }: SyncFlags,
  mine: Shell | undefined,
): Promise<Together> {
  const found = await pull(client, name);
  if (!found) return { shell: mine ?? shellSchema.parse({}), current: null, theirs: undefined };
  const theirs = await shellIn(key, found.document);
  const base = await readBase(session, client, name);
  if (!mine) return { shell: theirs, current: found.current, theirs };
  if (base === found.current) return { shell: mine, current: found.current, theirs };
  const begun = base ? await pull(client, name, base) : undefined;
  // What no version tells was the default.
  const before = begun ? await shellIn(key, begun.document) : shellSchema.parse({});
  const sides = prefer === "theirs" ? ([theirs, mine] as const) : ([mine, theirs] as const);
  const { shell, conflicts } = mergeShells(before, ...sides);
  if (conflicts.length > 0 && !prefer) throw conflictError(conflicts);
  return { shell, current: found.current, theirs };
}

async function older(client: Client, key: AgeKey, name: string, revision: string): Promise<Together> {
  const newest = await pull(client, name);
  const whole = newest?.versions.find((each) => each.revision.startsWith(revision))?.revision ?? revision;
  const found = await client.send({
    method: "POST",
    path: "/api/v1/sync/pull",
    body: { name, revision: whole },
    reply: pulled,
  });
  const shell = await shellIn(key, found.document);
  return { shell, current: found.current, theirs: shell };
}

/** @returns the new revision; undefined when another machine was quicker. */
async function pushOnto(client: Client, key: AgeKey, name: string, shell: Shell, base: string | null) {
  const body = { name, base, document: await key.encrypt(JSON.stringify(shell)) };
  try {
    const { current } = await client.send({ method: "POST", path: "/api/v1/sync/push", body, reply: pushed });
    return current;
  } catch (error) {
    if (error instanceof RoostError && error.code === "conflict") return;
    throw error;
  }
}

async function pull(client: Client, name: string, revision?: string): Promise<Pulled | undefined> {
  try {
    return await client.send({
      method: "POST",
      path: "/api/v1/sync/pull",
      body: { name, revision },
      reply: pulled,
    });
  } catch (error) {
    if (error instanceof RoostError && error.code === "not_found") return;
    throw error;
  }
}

/** The person's key; a new one for the first shell only, since another could not read what is there. */
async function keyFor(session: Session, client: Client, flags: SyncFlags): Promise<AgeKey> {
  const file = flags.key ?? ageKeyPath(session.context);
  const found = await readAgeKey(file);
  if (found) return found;
  if (await pull(client, flags.name)) {
    throw invalid("--key", `${file} is not there: copy it from the machine that has pushed ${flags.name}`);
  }
  const made = await makeAgeKey(file);
  session.context.stderr.write(
    `made ${file}: carry it to your other machines, and keep a copy. Without it nobody can read what you push.\n`,
  );
  return made;
}

const bases = z.record(z.string(), z.string());
const basesPath = (session: Session) => path.join(path.dirname(ageKeyPath(session.context)), "shells.json");
const baseKey = (client: Client, name: string) => `${client.connection.origin} ${name}`;

/** The revision that this machine has had last. */
async function readBase(session: Session, client: Client, name: string): Promise<string | undefined> {
  return (await readBases(session))[baseKey(client, name)];
}

async function keepBase(session: Session, client: Client, name: string, revision: string): Promise<void> {
  const file = basesPath(session);
  const all = { ...(await readBases(session)), [baseKey(client, name)]: revision };
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeWhole(file, `${JSON.stringify(all, null, 2)}\n`, 0o600);
}

async function readBases(session: Session): Promise<z.output<typeof bases>> {
  const text = await readFile(basesPath(session), "utf8").catch(() => "{}");
  try {
    return bases.parse(JSON.parse(text));
  } catch {
    // A lost base makes a merge ask more; it loses nothing.
    return {};
  }
}

async function readShell(file: string): Promise<Shell | undefined> {
  const text = await readIfThere(file);
  return text === undefined ? undefined : shellFrom(text, file);
}

/** What was there before is kept beside it. */
async function writeShell(file: string, before: Shell | undefined, shell: Shell): Promise<void> {
  if (isDeepStrictEqual(before, shell)) return;
  if (before) await copyFile(file, `${file}.before-sync`);
  await writeWhole(file, stringify(shell));
}

async function shellIn(key: AgeKey, document: string): Promise<Shell> {
  return shellFrom(await key.decrypt(document), "What was pushed");
}

function shellFrom(text: string, what: string): Shell {
  const parsed = shellSchema.safeParse(parseYaml(what, text) ?? {});
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "shell"}: ${issue.message}`);
  throw new RoostError("invalid", `${what} describes no shell:\n${lines.join("\n")}`);
}

function conflictError(conflicts: MergeConflict[]): RoostError {
  const lines = conflicts.map(
    ({ field, ours, theirs }) => `  ${field}: here ${JSON.stringify(ours)}, there ${JSON.stringify(theirs)}`,
  );
  return new RoostError(
    "conflict",
    `Two machines have changed the same; nothing was changed. Say --prefer mine or --prefer theirs:\n${lines.join("\n")}`,
  );
}
