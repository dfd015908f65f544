import { Command, Option } from "commander";
import { invalid } from "../../errors.ts";
import {
  type Preview,
  preview as previewSchema,
  type Reset,
  type RollbackRequest,
  reset as resetSchema,
} from "../../resets/contract.ts";
import type { Client } from "../client.ts";
import { formatBytes } from "../duration.ts";
import { follow } from "../follow.ts";
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

interface ResetFlags extends ClientFlags {
  profile?: string;
  package?: string[];
  path?: string[];
  keep?: string[];
  execute?: string;
  confirm?: string;
}

const repeated = (value: string, before: string[] = []): string[] => [...before, value];

export function hostResetCommand(session: Session): Command {
  return withServer(new Command("reset"))
    .description("Rehearse a reset of a host and show what it would change, or carry out one that was shown")
    .argument("<host>", "name or id")
    .addOption(
      new Option("--profile <name>", "each includes the ones before it").choices([
        "light",
        "medium",
        "deep",
        "nuclear",
      ]),
    )
    .option("--package <name>", "a package that goes; may be given again", repeated)
    .option("--path <path>", "a file that goes; may be given again", repeated)
    .option("--keep <name>", "a package or an absolute path that stays; may be given again", repeated)
    .option("--execute <reset>", "carry out this reset as it was shown, and follow it")
    .option("--confirm <words>", "the words that a reset of nearly everything asks for")
    .addHelpText(
      "after",
      examples(
        "roost host reset web-1 --profile light",
        "roost host reset web-1 --execute rst_…",
        "roost host reset web-1 --profile deep --keep postgresql-15 --keep /srv/backups",
      ),
    )
    .action(async (host: string, flags: ResetFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) return execute(client, session, flags, flags.execute);
      const body = { host, workflow: workflowOf(flags) };
      const shown = await client.send({
        method: "POST",
        path: "/api/v1/reset/custom",
        body,
        reply: previewSchema,
      });
      print(session, flags, shown, (one) => renderPreview(one, widthOf(session.context)));
    });
}

export function hostUndoCommand(session: Session): Command {
  return withServer(new Command("undo"))
    .description("Take a reset back, exactly, from the record on the host")
    .argument("<reset>", "its id, rst_…")
    .option("--keep", "what people changed since stays as it is")
    .option("--replace", "what people changed since is saved on the host, then replaced")
    .addHelpText("after", examples("roost host undo rst_…", "roost host undo rst_… --replace"))
    .action(async (reset: string, flags: ClientFlags & { keep?: boolean; replace?: boolean }) => {
      if (flags.keep && flags.replace) throw invalid("--keep", "give it or --replace, not both");
      const onChange = flags.keep ? "keep" : flags.replace ? "replace" : "stop";
      const client = await openClient(session, flags);
      const body: RollbackRequest = { reset, onChange };
      const path = "/api/v1/reset/rollback";
      const queued = await client.send({ method: "POST", path, body, reply: resetSchema });
      await watch(client, session, flags, queued, queued.undo?.id);
    });
}

async function execute(client: Client, session: Session, flags: ResetFlags, id: string): Promise<void> {
  const { planHash } = await client.send({ path: `/api/v1/reset/status/${id}`, reply: resetSchema });
  const body = { reset: id, planHash, confirm: flags.confirm };
  const path = "/api/v1/reset/execute";
  const queued = await client.send({ method: "POST", path, body, reply: resetSchema });
  await watch(client, session, flags, queued, queued.deployment?.id);
}

async function watch(
  client: Client,
  session: Session,
  flags: ClientFlags,
  { host }: Reset,
  deployment: string | undefined,
): Promise<void> {
  session.exitCode = await follow(client, deployment ?? "", session, {
    json: flags.json,
    title: `change of ${host.name}`,
    onInterrupt: "detach",
  });
}

function workflowOf({ profile, package: packages = [], path: paths = [], keep = [] }: ResetFlags): object[] {
  const stays = {
    packages: keep.filter((each) => !each.startsWith("/")),
    paths: keep.filter((each) => each.startsWith("/")),
  };
  return [
    ...(profile === undefined ? [] : [{ kind: "profile", profile }]),
    ...(packages.length > 0 ? [{ kind: "packages", names: packages }] : []),
    ...(paths.length > 0 ? [{ kind: "paths", paths }] : []),
    ...(keep.length > 0 ? [{ kind: "keep", ...stays }] : []),
  ];
}

const listedPaths = 40;

function renderPreview(shown: Preview, width: number | undefined): string {
  const { summary, changes, packages, kept, services, ports, confirm } = shown;
  const head = renderFields([
    ["reset", shown.id],
    ["host", shown.host.name],
    ["packages", String(summary.packages)],
    ["paths", `${summary.removed} removed, ${summary.changed} changed, ${summary.created} created`],
    ["frees", `${formatBytes(summary.freedAllocatedBytes)} on the disk`],
    ["stops", services.join(", ") || null],
    ["closes", ports.map(({ port }) => port).join(", ") || null],
  ]);
  const columns = [
    { title: "PACKAGE", value: (one: Preview["packages"][number]) => one.name },
    { title: "CLASS", value: (one: Preview["packages"][number]) => one.class },
    { title: "BECAUSE", value: (one: Preview["packages"][number]) => one.reasons.join(" "), flexible: true },
  ];
  const signs = { removed: "-", changed: "~", created: "+", touched: " " } as const;
  const listed = changes.filter(({ kind }) => kind !== "touched");
  const rest = listed.length - listedPaths;
  const lines = [
    ...listed.slice(0, listedPaths).map(({ kind, path }) => `${signs[kind]} ${path}`),
    ...(rest > 0 ? [`… and ${rest} more; all of them with --json`] : []),
    ...kept.map(({ name, reason }) => `${name} stays: ${reason}`),
  ].map((line) => `${line.replaceAll(/\p{Cc}+/gu, " ")}\n`);
  const words = confirm === null ? "" : ` --confirm '${confirm}'`;
  const next = `Nothing was changed. Carry it out: roost host reset ${shown.host.name} --execute ${shown.id}${words}\n`;
  const table = packages.length > 0 ? `\n${renderTable(packages, columns, width)}` : "";
  return `${head}${table}\n${lines.join("")}\n${next}`;
}
