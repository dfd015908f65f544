import path from "node:path";
import { Command, Option } from "commander";
import { aliasKinds } from "../../../host-provisioning/terminal/index.ts";
import { aliasList, type ImportedAliases, importedAliases } from "../../aliases/contract.ts";
import { collect } from "../config-arguments.ts";
import { type ClientFlags, openClient, print, type Session, widthOf, withServer } from "../session.ts";
import { printable, renderTable } from "../table.ts";
import { listHere } from "../zsh.ts";

export function aliasesCommand(session: Session): Command {
  const command = new Command("aliases").description("Keep your aliases of all machines in one registry");
  for (const make of [listCommand, importCommand, removeCommand]) command.addCommand(make(session));
  return command;
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List your aliases, with what they hid where they come from")
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.send({ path: "/api/v1/aliases", reply: aliasList });
      print(session, flags, found, ({ items }) =>
        renderTable(
          items,
          [
            { title: "NAME", value: ({ name }) => name },
            { title: "KIND", value: ({ kind }) => kind },
            { title: "HIDES", value: ({ hides }) => hides ?? "" },
            { title: "TAGS", value: ({ tags }) => tags.join(" ") },
            { title: "FROM", value: ({ source = "" }) => source },
            { title: "EXPANSION", value: ({ expansion }) => expansion, flexible: true },
          ],
          widthOf(session.context),
        ),
      );
    });
}

interface ImportFlags extends ClientFlags {
  tag?: string[];
  replace?: boolean;
  dryRun?: boolean;
}

function importCommand(session: Session): Command {
  return withServer(new Command("import"))
    .description("Import aliases from your shell files; a clean zsh of this machine runs them")
    .argument("<file...>", "shell files, such as ~/.zshrc")
    .option("--tag <tag>", "by which shells may choose them; may be given again", collect)
    .option("--replace", "let a new expansion take the place of another one")
    .option("--dry-run", "tell what would become of it, and keep nothing")
    .action(async (files: string[], flags: ImportFlags) => {
      const { tag: tags = [] } = flags;
      const found = await listHere(files.map((file) => path.resolve(file)));
      const aliases = found.map((alias) => ({ ...alias, tags }));
      const client = await openClient(session, flags);
      const merged = await client.send({
        method: "POST",
        path: "/api/v1/aliases/import",
        body: { aliases, replace: flags.replace === true, dryRun: flags.dryRun === true },
        reply: importedAliases,
      });
      print(session, flags, merged, renderMerged);
    });
}

function removeCommand(session: Session): Command {
  return withServer(new Command("remove"))
    .description("Remove an alias from the registry")
    .argument("<name>")
    .addOption(new Option("--kind <kind>", "which one of that name").choices(aliasKinds).default("regular"))
    .action(async (name: string, flags: ClientFlags & { kind: string }) => {
      const client = await openClient(session, flags);
      await client.send({
        method: "DELETE",
        path: `/api/v1/aliases/${encodeURIComponent(name)}`,
        query: { kind: flags.kind },
      });
      print(session, flags, { name, removed: true }, () => `${name} is removed\n`);
    });
}

/** What a shell has taken of the registry; nothing where it asks for none. */
export function renderTaken(taken: Omit<ImportedAliases, "registry">): string {
  if (taken.added.length + taken.same.length + taken.conflicts.length === 0) return "";
  return `aliases of your registry: ${renderMerged(taken)}`;
}

function renderMerged({ added, same, conflicts, shadowed }: Omit<ImportedAliases, "registry">): string {
  return [
    `${added.length} new, ${same.length} the same, ${conflicts.length} otherwise`,
    ...conflicts.map(
      ({ before, after, taken }) =>
        `${taken ? "replaced" : "kept"} ${before.name}: ${before.expansion} (${taken ? "now" : "not"} ${after.expansion})`,
    ),
    ...shadowed
      .filter(({ isUsed }) => !isUsed)
      .map(({ name, hides }) => `${name} hides the ${hides} and does not call it`),
  ]
    .map((line) => `${printable(line)}\n`)
    .join("");
}
