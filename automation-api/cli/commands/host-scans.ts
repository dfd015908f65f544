import { Command, Option } from "commander";
import { notFound } from "../../errors.ts";
import { type Diff, diff as diffSchema, type Scan, scanPage } from "../../scans/contract.ts";
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
import { type Column, renderList } from "../table.ts";
import { writeWhole } from "../text-file.ts";
import { wholeNumber } from "./host-actions.ts";

/** All that a host can have. */
const keptOfHost = 50;

const columns: Column<Scan>[] = [
  { title: "SCAN", value: ({ id }) => id },
  { title: "HOST", value: ({ host }) => host.name },
  { title: "KIND", value: ({ kind }) => kind },
  { title: "FACTS", value: ({ facts }) => facts, right: true },
  { title: "MADE", value: ({ createdAt }) => `${ageOf(createdAt)} ago` },
  { title: "BY", value: ({ requester }) => requester },
];

export function hostScansCommand(session: Session): Command {
  return withServer(new Command("scans"))
    .description("List the scans that are kept, newest first")
    .argument("[host]", "name or id (default: of all hosts)")
    .option("--limit <n>", "how many", (text) => wholeNumber(text, "--limit"), 50)
    .action(async (host: string | undefined, flags: ClientFlags & { limit: number }) => {
      const client = await openClient(session, flags);
      const found = await client.list({ path: "/api/v1/scans", query: { host } }, scanPage, flags.limit);
      print(session, flags, found, ({ items }) =>
        renderList(items, columns, "scans", widthOf(session.context)),
      );
    });
}

export function hostReportCommand(session: Session): Command {
  return withServer(new Command("report"))
    .description("Give what a scan found: as JSON, as a page, as SARIF or as a Mermaid flowchart")
    .argument("<scan>", "scn_…, or a host, of which it is the last one (of sarif the last full one)")
    .addOption(
      new Option("--format <format>", "which form")
        .choices(["json", "html", "sarif", "mermaid"])
        .default("json"),
    )
    .option("--out <file>", "write it there instead")
    .addHelpText(
      "after",
      examples(
        "roost host report web-1 | jq .system.mounts",
        "roost host report web-1 --format html --out web-1.html",
      ),
    )
    .action(async (scan: string, flags: ClientFlags & { format: string; out?: string }) => {
      const client = await openClient(session, flags);
      const id = await scanOf(client, scan, flags.format === "sarif" ? ["full"] : undefined);
      const query = { format: flags.format };
      const text = await client.send({ path: `/api/v1/reports/${id}`, query });
      if (flags.out === undefined) return void session.context.stdout.write(`${text.trimEnd()}\n`);
      await writeWhole(flags.out, text);
      const said = { scan: id, format: flags.format, file: flags.out };
      print(session, flags, said, ({ file }) => `${id} is in ${file}.\n`);
    });
}

export function hostDiffCommand(session: Session): Command {
  return withServer(new Command("diff"))
    .description("Tell what is otherwise in a scan than in an older one; measurements are left out")
    .argument("<scan>", "scn_…, or a host, of which it is the last one")
    .argument("[base]", "scn_… that it is compared with (default: the one of the same host before)")
    .action(async (scan: string, base: string | undefined, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const path = `/api/v1/reports/${await scanOf(client, scan)}/diff`;
      const found = await client.send({ path, query: { base }, reply: diffSchema });
      print(session, flags, found, renderDiff);
    });
}

/** The scan of this id, or the last one of a host of these kinds. @throws not_found */
async function scanOf(
  client: Client,
  reference: string,
  kinds: Scan["kind"][] = ["quick", "full"],
): Promise<string> {
  if (/^scn_[0-9a-z]{26}$/.test(reference)) return reference;
  const query = { host: reference };
  const { items } = await client.list({ path: "/api/v1/scans", query }, scanPage, keptOfHost);
  const last = items.find(({ kind }) => kinds.includes(kind));
  if (!last) throw notFound(kinds.length === 1 ? "Full scan of host" : "Scan of host", reference);
  return last.id;
}

export function renderDiff({ base, changes, total }: Diff): string {
  if (total === 0) return `Nothing is otherwise than in ${base.id}.\n`;
  const signs = { added: "+", removed: "-", changed: "~" } as const;
  const text = (value: unknown) => {
    const short = JSON.stringify(value) ?? "";
    return short.length > 100 ? `${short.slice(0, 99)}…` : short;
  };
  const lines = changes.map(({ path, kind, before, after }) => {
    const name = path.join(" › ");
    if (kind === "changed") return `${signs[kind]} ${name}: ${text(before)} → ${text(after)}`;
    return `${signs[kind]} ${name}`;
  });
  const rest = total > changes.length ? [`… and ${total - changes.length} more`] : [];
  return [...lines, ...rest].map((line) => `${line.replaceAll(/\p{Cc}+/gu, " ")}\n`).join("");
}
