import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import { frameworks } from "../../../host-provisioning/terminal/index.ts";
import { type Generated, generated, pluginsReply, themesReply } from "../../terminal/contract.ts";
import type { Client } from "../client.ts";
import { collect } from "../config-arguments.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderFields, renderTable } from "../table.ts";
import { parseYaml, readInput, unreadable, writeWhole } from "../text-file.ts";
import { compileHere } from "../zsh.ts";
import { aliasesCommand, renderTaken } from "./terminal-aliases.ts";
import { pullCommand, pushCommand, versionsCommand } from "./terminal-sync.ts";

export function terminalCommand(session: Session): Command {
  const command = new Command("terminal").description(
    "Make zsh configurations, keep aliases, and have one shell on all machines",
  );
  const inner = [themesCommand, pluginsCommand, generateCommand, aliasesCommand];
  for (const make of [...inner, pushCommand, pullCommand, versionsCommand]) command.addCommand(make(session));
  return command.addHelpText(
    "after",
    examples(
      "roost terminal generate shell.yaml --sources /usr/share/zsh-autosuggestions --into ~",
      "roost terminal generate ~/.zshrc --framework oh-my-zsh --json",
      "roost terminal aliases import ~/.zshrc",
      "roost terminal push shell.yaml",
    ),
  );
}

function themesCommand(session: Session): Command {
  return withServer(new Command("themes"))
    .description("List the prompts that a shell can have by name")
    .action(async (flags: ClientFlags) => {
      const found = await (await openClient(session, flags)).send({
        path: "/api/v1/themes",
        reply: themesReply,
      });
      print(session, flags, found, ({ items }) =>
        renderTable(
          items,
          [
            { title: "NAME", value: ({ name }) => name },
            { title: "WHAT IT SHOWS", value: ({ summary }) => summary, flexible: true },
          ],
          widthOf(session.context),
        ),
      );
    });
}

function pluginsCommand(session: Session): Command {
  return withServer(new Command("plugins"))
    .description("List the plugins that a shell can have, each pinned to a commit")
    .action(async (flags: ClientFlags) => {
      const found = await listPlugins(await openClient(session, flags));
      print(session, flags, found, ({ items }) =>
        renderTable(
          items,
          [
            { title: "NAME", value: ({ name }) => name },
            { title: "VERSION", value: ({ version }) => version },
            { title: "COMMIT", value: ({ commit }) => commit.slice(0, 12) },
            { title: "LICENCE", value: ({ licence }) => licence },
            { title: "FIRST COMMAND", value: ({ cost }) => `${cost.firstCommandMs} ms`, right: true },
            { title: "KEY", value: ({ cost }) => `${cost.keyMs} ms`, right: true },
            { title: "WHAT IT DOES", value: ({ summary }) => summary, flexible: true },
          ],
          widthOf(session.context),
        ),
      );
    });
}

interface GenerateFlags extends ClientFlags {
  framework?: string;
  sources: string[];
  into?: string;
}

function generateCommand(session: Session): Command {
  return withServer(new Command("generate"))
    .description(
      "Make a zsh configuration from the description of a shell; prints it, or puts it into a home",
    )
    .argument("<file>", "the description as YAML or JSON, or with --framework a definition of that framework")
    .addOption(new Option("--framework <name>", "what the file is written for").choices(frameworks))
    .option("--sources <folder>", "where the files of plugins are; may be given again", collect, [])
    .option(
      "--into <home>",
      "home folder to put the files into; a .zshrc there is kept as .zshrc.before-roost",
    )
    .action(async (file: string, flags: GenerateFlags) => {
      const text = await readInput(file);
      const client = await openClient(session, flags);
      const sources = flags.sources.length > 0 ? await findSources(client, flags.sources) : [];
      const what = flags.framework
        ? { definition: { framework: flags.framework, text } }
        : { shell: parseYaml(file, text) };
      const body = { template: "zshrc", ...what, sources };
      const made = await client.send({
        method: "POST",
        path: "/api/v1/config/generate",
        body,
        reply: generated,
      });
      if (flags.into === undefined) return print(session, flags, made, ({ files }) => files[0]?.text ?? "");
      const home = path.resolve(flags.into);
      await putInto(home, made);
      const isCompiled = await compileHere(path.join(home, made.files[0]?.path ?? ""), made.provision);
      print(session, flags, { ...made, home, isCompiled }, renderMade);
    });
}

function renderMade(made: Generated & { home: string; isCompiled: boolean }): string {
  const left = made.notes.filter(({ taken }) => !taken);
  const fields = renderFields([
    ["version", made.version],
    ["home", made.home],
    ["compiled", made.isCompiled ? "yes" : "no: there is no zsh here; it works without, and starts slower"],
    [
      "plugins",
      made.plugins.map(({ name, version, licence }) => `${name} ${version} (${licence})`).join(", "),
    ],
    [
      "their cost",
      `${made.cost.firstCommandMs} ms before the first command, ${made.cost.keyMs} ms at each key`,
    ],
  ]);
  const notes = left.map(({ line, subject, message }) => `line ${line}: ${subject} ${message}\n`);
  return `${fields}${renderTaken(made.registry)}${notes.join("")}`;
}

const listPlugins = (client: Client) => client.send({ path: "/api/v1/plugins", reply: pluginsReply });

/** Files below the folders that have the name of a plugin's file; the server knows them by their content. */
export async function findSources(client: Client, folders: string[]): Promise<string[]> {
  const { items } = await listPlugins(client);
  const names = new Set(items.flatMap(({ files }) => files.map((file) => path.basename(file.path))));
  const texts: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(unreadable(folder));
    for (const entry of entries) {
      if (entry.isFile() && names.has(entry.name))
        texts.push(await readFile(path.join(entry.parentPath, entry.name), "utf8"));
    }
  }
  return texts;
}

/** The new configuration is whole before the `.zshrc` names it. */
async function putInto(home: string, { files }: Generated): Promise<void> {
  for (const { path: name, text } of files) {
    const target = path.join(home, name);
    await mkdir(path.dirname(target), { recursive: true });
    const before = name === ".zshrc" ? await readFile(target, "utf8").catch(() => undefined) : undefined;
    if (before !== undefined && !before.startsWith("# Made by Roost:"))
      await writeFile(`${target}.before-roost`, before, { flag: "wx" }).catch(ignoreExisting);
    await writeWhole(target, text);
  }
}

/** What was there before the first time is what is kept. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
