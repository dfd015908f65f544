import { Command } from "commander";
import { invalid } from "../../errors.ts";
import {
  actionPage,
  type HostAction,
  hostAction,
  type PlannedAction,
  plannedAction,
  verified,
} from "../../host-actions/contract.ts";
import { changeLines } from "../change-lines.ts";
import type { Client } from "../client.ts";
import { ageOf } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
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
import { type Column, renderFields, renderList } from "../table.ts";

/** Options of every command that plans an action, to carry out what it showed. */
export interface ExecuteFlags extends ClientFlags {
  execute?: string;
  confirm?: string;
  confirmSeconds?: number;
}

export function withExecute(command: Command): Command {
  return command
    .option("--execute <action>", "carry out this one as it was shown, and follow it")
    .option("--confirm <words>", "the words that taking away nearly everything asks for")
    .option(
      "--confirm-seconds <seconds>",
      "the host takes it back by itself unless a new login confirms it within so many seconds, which follows by itself",
      (text) => wholeNumber(text, "--confirm-seconds"),
    );
}

/**
 * Carries out what was shown, follows it, and confirms by a login of its own what would go back otherwise.
 * @param reference name or id of the host that the caller means: that of another is refused
 */
export async function executeAction(
  client: Client,
  session: Session,
  flags: ExecuteFlags,
  reference: string,
  id: string,
): Promise<void> {
  const path = `/api/v1/host-actions/${encodeURIComponent(id)}`;
  const { planHash, host } = await client.send({ path, reply: hostAction });
  if (reference !== host.name && reference !== host.id)
    throw invalid("--execute", `${id} was planned for ${host.name}, not for ${reference}`, {
      allowed: `a plan for ${reference}: roost host actions ${reference}`,
    });
  const { confirm, confirmSeconds } = flags;
  const body = { planHash, confirm, confirmSeconds };
  const queued = await client.send({ method: "POST", path: `${path}/execute`, body, reply: hostAction });
  await watch(client, session, flags, queued, queued.deployment?.id);
  if (session.exitCode !== exitCodes.ok) return;
  const done = await client.send({ path, reply: hostAction });
  if (done.state !== "unconfirmed") return;
  const sent = await client.send({ method: "POST", path: `${path}/confirm`, reply: hostAction });
  await watch(client, session, flags, sent, sent.confirmation?.id);
}

async function watch(
  client: Client,
  session: Session,
  flags: ClientFlags,
  { host }: HostAction,
  deployment: string | undefined,
): Promise<void> {
  session.exitCode = await follow(client, deployment ?? "", session, {
    json: flags.json,
    title: `change of ${host.name}`,
    onInterrupt: "detach",
  });
}

export function hostUndoCommand(session: Session): Command {
  return withServer(new Command("undo"))
    .description("Take an action back, exactly, from the record on the host")
    .argument("<action>", "its id, act_… or rst_…")
    .option("--keep", "what people changed since stays as it is")
    .option("--replace", "what people changed since is saved on the host, then replaced")
    .addHelpText("after", examples("roost host undo rst_…", "roost host undo act_… --replace"))
    .action(async (id: string, flags: ClientFlags & { keep?: boolean; replace?: boolean }) => {
      if (flags.keep && flags.replace) throw invalid("--keep", "give it or --replace, not both");
      const onChange = flags.keep ? "keep" : flags.replace ? "replace" : "stop";
      const client = await openClient(session, flags);
      const path = `/api/v1/host-actions/${encodeURIComponent(id)}/rollback`;
      const queued = await client.send({ method: "POST", path, body: { onChange }, reply: hostAction });
      await watch(client, session, flags, queued, queued.undo?.id);
    });
}

export function hostConfirmCommand(session: Session): Command {
  return withServer(new Command("confirm"))
    .description("Let a change stand that the host would take back by itself; by a new login")
    .argument("<action>", "its id, act_… or rst_…")
    .action(async (id: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const path = `/api/v1/host-actions/${encodeURIComponent(id)}/confirm`;
      const sent = await client.send({ method: "POST", path, reply: hostAction });
      await watch(client, session, flags, sent, sent.confirmation?.id);
    });
}

export function hostVerifyCommand(session: Session): Command {
  return withServer(new Command("verify"))
    .description("Look whether what an action was to reach is so now; exit code 1 when it is not")
    .argument("<action>", "its id, act_… or rst_…")
    .action(async (id: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const path = `/api/v1/host-actions/${encodeURIComponent(id)}/verify`;
      const found = await client.send({ method: "POST", path, reply: verified });
      print(session, flags, found, ({ holds, state, faults }) =>
        [
          holds ? "It holds" : "It does not hold",
          `; on the host it is ${state}.\n`,
          ...faults.map((line) => `${line}\n`),
        ].join(""),
      );
      session.exitCode = found.holds ? exitCodes.ok : exitCodes.failed;
    });
}

const columns: Column<HostAction>[] = [
  { title: "ACTION", value: ({ id }) => id },
  { title: "HOST", value: ({ host }) => host.name },
  { title: "WHAT", value: ({ title }) => title, flexible: true },
  { title: "STATE", value: ({ state }) => state },
  { title: "AGE", value: ({ createdAt }) => ageOf(createdAt) },
];

export function hostActionsCommand(session: Session): Command {
  return withServer(new Command("actions"))
    .description("List what was planned for hosts and done to them, newest first")
    .argument("[host]", "name or id")
    .action(async (host: string | undefined, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.list({ path: "/api/v1/host-actions", query: { host } }, actionPage, 1000);
      print(session, flags, found, ({ items }) =>
        renderList(items, columns, "actions", widthOf(session.context)),
      );
    });
}

/** Plans by the API, and shows what would be done. */
export async function previewAction(
  client: Client,
  session: Session,
  flags: ClientFlags,
  request: { path: string; body: object; command: string },
  more: (detail: Record<string, unknown>) => string,
): Promise<void> {
  const { path, body, command } = request;
  const shown = await client.send({
    method: "POST",
    path,
    body: { ...body, dryRun: true },
    reply: plannedAction,
  });
  print(session, flags, shown, (one) => renderPlanned(one, command, more(one.detail)));
}

function renderPlanned(shown: PlannedAction, command: string, more: string): string {
  const { summary, host, id, title } = shown;
  const head = renderFields([
    ["action", id],
    ["host", host.name],
    ["what", title],
    ["paths", `${summary.removed} removed, ${summary.changed} changed, ${summary.created} created`],
  ]);
  return `${head}${more}\n${changeLines(shown.changes)}\n${nextLine(shown, command)}`;
}

/** How what was shown is carried out. */
export function nextLine({ id, confirm }: { id: string; confirm: string | null }, command: string): string {
  const words = confirm === null ? "" : ` --confirm '${confirm}'`;
  return `Nothing was changed. Carry it out: ${command} --execute ${id}${words}\n`;
}

export function wholeNumber(text: string, flag: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalid(flag, "expected a whole number");
  return Number(text);
}
