import { Command, Option } from "commander";
import { invalid } from "../../errors.ts";
import { archive, exported, type Migration, partNames } from "../../host-migrations/contract.ts";
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
import { printable, renderFields, renderTable } from "../table.ts";
import { readInput, writeWhole } from "../text-file.ts";
import { type ExecuteFlags, executeAction, previewAction, withExecute } from "./host-actions.ts";

export function hostMigrateCommand(session: Session): Command {
  return new Command("migrate")
    .description("Take what makes a host this one over to another host, by one signed archive")
    .addCommand(exportCommand(session))
    .addCommand(importCommand(session));
}

function exportCommand(session: Session): Command {
  return withServer(new Command("export"))
    .description("Make an archive of packages, sources, changed configuration, people, units and crontabs")
    .argument("<host>", "name or id")
    .option("--out <file>", "write it there too, readable by you alone")
    .option("--passwords", "hashes of people's passwords too, encrypted for this installation", false)
    .addHelpText(
      "after",
      examples("roost host migrate export web-1", "roost host migrate export web-1 --out web-1.roost"),
    )
    .action(async (host: string, flags: ClientFlags & { out?: string; passwords: boolean }) => {
      const client = await openClient(session, flags);
      const body = { host, passwords: flags.passwords };
      const made = await client.send({
        method: "POST",
        path: "/api/v1/migrate/export",
        body,
        reply: exported,
      });
      if (flags.out !== undefined) {
        const text = await client.send({ path: `/api/v1/migrate/archives/${made.id}` });
        await writeWhole(flags.out, text, 0o600);
      }
      for (const { what, reason } of made.left)
        session.context.stderr.write(`left: ${printable(what)} ${reason}\n`);
      print(session, flags, made, ({ id, contains, sha256 }) =>
        renderFields([
          ["archive", id],
          [
            "holds",
            `${contains.packages} packages, ${contains.files} files, ${contains.users} people, ${contains.units} units`,
          ],
          ["SHA-256", sha256],
          ["file", flags.out],
        ]),
      );
    });
}

interface ImportFlags extends ExecuteFlags {
  only?: string[];
  keep: string[];
  replace: string[];
  onConflict: string;
  start: boolean;
  passwords: boolean;
}

function importCommand(session: Session): Command {
  return withExecute(withServer(new Command("import")))
    .description("Show what making a host like the one of an archive would change, or carry it out")
    .argument("<host>", "name or id")
    .argument("[archive]", "mig_…, or a file that export wrote")
    .addOption(
      new Option("--only <part>", "take over this part only; may be given again")
        .choices(partNames)
        .argParser(collect),
    )
    .addOption(
      new Option("--on-conflict <choice>", "what becomes of what both have otherwise")
        .choices(["keep", "replace"])
        .default("keep"),
    )
    .option("--keep <item>", "this host stays as it is there; may be given again", collect, [])
    .option("--replace <item>", "as in the archive; may be given again", collect, [])
    .option("--no-start", "units that ran there are not started here")
    .option("--passwords", "people get the passwords of the archive", false)
    .addHelpText(
      "after",
      examples(
        "roost host migrate import web-2 mig_…",
        "roost host migrate import web-2 web-1.roost --replace file:/etc/crontab",
        "roost host migrate import web-2 --execute act_…",
      ),
    )
    .action(async (host: string, source: string | undefined, flags: ImportFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) return executeAction(client, session, flags, host, flags.execute);
      if (source === undefined) throw invalid("archive", "which one?");
      const { only, keep, replace, onConflict, start, passwords } = flags;
      const choices = Object.fromEntries([
        ...keep.map((id) => [id, "keep"]),
        ...replace.map((id) => [id, "replace"]),
      ]);
      const chosen = { onConflict, choices, start, passwords, ...(only && { parts: only }) };
      const request = {
        path: "/api/v1/migrate/import",
        body: { host, archive: await archiveId(client, source), ...chosen },
        command: `roost host migrate import ${host}`,
      };
      await previewAction(client, session, flags, request, (detail) =>
        renderDetail(detail as Migration["detail"], widthOf(session.context)),
      );
    });
}

/** A file is kept by the server first. */
async function archiveId(client: Client, source: string): Promise<string> {
  if (/^mig_[0-9a-z]{26}$/.test(source)) return source;
  const body = { archive: await readInput(source) };
  const path = "/api/v1/migrate/archives";
  return (await client.send({ method: "POST", path, body, reply: archive })).id;
}

function renderDetail(
  { items, alreadySo, runs, sources }: Migration["detail"],
  width: number | undefined,
): string {
  const table = renderTable(
    items,
    [
      { title: "ITEM", value: ({ id }) => id },
      { title: "IS", value: ({ state }) => state },
      { title: "BECOMES", value: ({ choice }) => (choice === "keep" ? "stays" : "as there") },
      { title: "BECAUSE", value: ({ reason }) => reason, flexible: true },
    ],
    width,
  );
  const lines = [
    `${alreadySo} things are so already\n`,
    ...runs.map((unit) => `${unit} is started\n`),
    ...(sources === null ? [] : [`the sources could not all be asked: ${printable(sources)}\n`]),
  ];
  return `\n${table}${lines.join("")}`;
}
