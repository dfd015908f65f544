import { rename, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { baseEnvironment } from "../../../plugins/process/index.ts";
import { runBounded } from "../../bounded-command.ts";
import { RoostError } from "../../errors.ts";
import {
  opening,
  sessionPage,
  session as sessionSchema,
  type Session as UserSession,
} from "../../sessions/contract.ts";
import type { Client } from "../client.ts";
import { formatAge } from "../duration.ts";
import { parseEvents } from "../event-stream.ts";
import { exitCodes } from "../exit-codes.ts";
import { nginxMap, nginxServer } from "../generate/nginx.ts";
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

const pollMilliseconds = 500;
const reloadMilliseconds = 2_000;

const columns: Column<UserSession>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "TEMPLATE", value: ({ template }) => template },
  { title: "USER", value: ({ user }) => user ?? "(pool)", flexible: true },
  { title: "STATE", value: ({ state, reason }) => (reason ? `${state} (${reason})` : state) },
  { title: "ADDRESS", value: ({ address }) => address && `${address.ip}:${address.port}` },
  {
    title: "LEFT",
    value: ({ state, expiresAt }) => (state === "active" && expiresAt ? leftUntil(expiresAt) : null),
  },
];

export function sessionCommand(session: Session): Command {
  const command = new Command("session").description("Start, open and end users' sessions");
  command.addCommand(listCommand(session), { isDefault: true });
  for (const inner of [
    startCommand,
    showCommand,
    openCommand,
    extendCommand,
    logsCommand,
    endCommand,
    nginxCommand,
  ])
    command.addCommand(inner(session));
  return command.addHelpText(
    "after",
    examples(
      "roost session start desk",
      "roost session open ses_01…",
      "roost session list --user ann",
      "roost session end ses_01…",
    ),
  );
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List sessions that are not over (default)")
    .option("--user <name>", "of this user")
    .option("--template <name>", "of this template")
    .option("--all", "those that are over too")
    .action(async (flags: ClientFlags & { user?: string; template?: string; all?: boolean }) => {
      const client = await openClient(session, flags);
      const query = { user: flags.user, template: flags.template, live: flags.all ? undefined : "true" };
      const found = await client.list({ path: "/api/v1/sessions", query }, sessionPage, 10_000);
      print(session, flags, found, ({ items }) =>
        renderList(items, columns, "sessions", widthOf(session.context)),
      );
    });
}

function startCommand(session: Session): Command {
  return withServer(new Command("start"))
    .description("Get a session of a template, and wait until it is ready; exit code 1 when it fails")
    .argument("<template>")
    .option("--user <name>", "for this user (default: you)")
    .option("--no-wait", "do not wait for one that has to be started")
    .action(async (template: string, flags: ClientFlags & { user?: string; wait: boolean }) => {
      const client = await openClient(session, flags);
      const body = { template, user: flags.user };
      let made = await client.send({ method: "POST", path: "/api/v1/sessions", body, reply: sessionSchema });
      if (made.waiting && flags.wait && !flags.json) {
        const { position, estimateSeconds } = made.waiting;
        session.context.stderr.write(
          `${made.id}: place ${position} in the line, about ${estimateSeconds} s.\n`,
        );
      }
      while (flags.wait && made.waiting) {
        await wait(pollMilliseconds);
        made = await find(client, made.id);
      }
      print(session, flags, made, render);
      if (made.state === "failed") session.exitCode = exitCodes.failed;
    });
}

function showCommand(session: Session): Command {
  return withServer(new Command("show"))
    .description("Show a session")
    .argument("<id>")
    .action(async (id: string, flags: ClientFlags) => {
      print(session, flags, await find(await openClient(session, flags), id), render);
    });
}

function openCommand(session: Session): Command {
  return withServer(new Command("open"))
    .description("Print the address that opens a session in a browser, once and within 30 s")
    .argument("<id>")
    .action(async (id: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const made = await client.send({ method: "POST", path: `${pathOf(id)}/open`, reply: opening });
      print(session, flags, made, ({ url }) => `${url}\n`);
    });
}

function extendCommand(session: Session): Command {
  return withServer(new Command("extend"))
    .description("Let a session live on, from now")
    .argument("<id>")
    .option("--seconds <n>", "how long (default: as long as its template allows)", seconds)
    .action(async (id: string, flags: ClientFlags & { seconds?: number }) => {
      const client = await openClient(session, flags);
      const body = { seconds: flags.seconds };
      const extended = await client.send({
        method: "POST",
        path: `${pathOf(id)}/extend`,
        body,
        reply: sessionSchema,
      });
      print(
        session,
        flags,
        extended,
        ({ expiresAt }) => `${id} lives for ${expiresAt && leftUntil(expiresAt)}.\n`,
      );
    });
}

function logsCommand(session: Session): Command {
  return withServer(new Command("logs"))
    .description("Show what a session has printed")
    .argument("<id>")
    .option("-f, --follow", "go on until it ends; Ctrl-C stops following", false)
    .action(async (id: string, flags: ClientFlags & { follow: boolean }) => {
      const client = await openClient(session, flags);
      const { stdout, onSignal } = session.context;
      const stop = new AbortController();
      const release = onSignal(["SIGINT", "SIGTERM"], () => stop.abort());
      try {
        const path = `${pathOf(id)}/logs?follow=${flags.follow}`;
        const response = await client.open(path, { accept: "text/event-stream" }, stop.signal);
        for await (const { event, data } of parseEvents(response.body as AsyncIterable<Uint8Array>)) {
          if (event === "end") return;
          stdout.write(flags.json ? `${data}\n` : `${(JSON.parse(data) as { line: string }).line}\n`);
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      } finally {
        release();
      }
    });
}

function endCommand(session: Session): Command {
  return withServer(new Command("end"))
    .description("End a session: its address and every way into it die at once")
    .argument("<id>")
    .action(async (id: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const ended = await client.send({ method: "DELETE", path: pathOf(id), reply: sessionSchema });
      print(session, flags, ended, ({ state }) => `${id} is ${state}.\n`);
    });
}

function nginxCommand(session: Session): Command {
  return withServer(new Command("nginx"))
    .description(
      "Print users' sessions as a map for nginx, or keep it in a file and reload nginx when it changes",
    )
    .option("--keep <file>", "write it there, again and again, until Ctrl-C")
    .option(
      "--server <listen>",
      "print a configuration to use the map with, which listens there; --keep names the map",
    )
    .option("--no-reload", "do not run `nginx -s reload` after a change")
    .action(async (flags: ClientFlags & { keep?: string; server?: string; reload: boolean }) => {
      const { stdout, onSignal } = session.context;
      if (flags.server !== undefined) {
        stdout.write(
          nginxServer({ listen: flags.server, mapFile: flags.keep ?? "/etc/nginx/roost-sessions.map" }),
        );
        return;
      }
      const client = await openClient(session, flags);
      const read = async () => nginxMap(await active(client));
      if (flags.keep === undefined) {
        stdout.write(await read());
        return;
      }
      const stop = new AbortController();
      const release = onSignal(["SIGINT", "SIGTERM"], () => stop.abort());
      try {
        let written: string | undefined;
        while (!stop.signal.aborted) {
          const map = await read();
          if (map !== written) await replace(flags.keep, map, flags.reload);
          written = map;
          await wait(reloadMilliseconds, undefined, { signal: stop.signal }).catch(() => {});
        }
      } finally {
        release();
      }
    });
}

async function active(client: Client): Promise<UserSession[]> {
  const { items, more } = await client.list(
    { path: "/api/v1/sessions", query: { state: "active" } },
    sessionPage,
    50_000,
  );
  if (more) throw new RoostError("unavailable", "There are more than 50,000 active sessions.");
  return items;
}

/** In one step, so that nginx never reads half a file. */
async function replace(file: string, text: string, reload: boolean): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, file);
  if (!reload) return;
  const command = ["nginx", "-s", "reload"];
  const { code, stderr } = await runBounded({
    command,
    cwd: "/",
    env: baseEnvironment({}),
    timeLimitMs: 30_000,
  });
  if (code !== 0) throw new RoostError("unavailable", `nginx did not take the map: ${stderr.trim()}`);
}

function find(client: Client, id: string): Promise<UserSession> {
  return client.send({ path: pathOf(id), reply: sessionSchema });
}

function pathOf(id: string): string {
  return `/api/v1/sessions/${encodeURIComponent(id)}`;
}

function render(one: UserSession): string {
  return renderFields([
    ["id", one.id],
    ["template", one.template],
    ["user", one.user],
    ["state", one.reason ? `${one.state} (${one.reason})` : one.state],
    ["address", one.address && `${one.address.ip}:${one.address.port}`],
    ["open", one.url && `roost session open ${one.id}`],
    ["isolation", one.isolation],
    ["waiting", one.waiting && `place ${one.waiting.position}, about ${one.waiting.estimateSeconds} s`],
    ["left", one.state === "active" && one.expiresAt ? leftUntil(one.expiresAt) : null],
    ["error", one.error],
    ["last words", one.evidence],
  ]);
}

function leftUntil(time: string): string {
  return formatAge(Math.max(0, Date.parse(time) - Date.now()));
}

function seconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("expected a number of seconds");
  return Number(text);
}
