import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { readSettings, type Settings } from "../../config.ts";
import type { Isolation } from "../../engine/isolation.ts";
import type { RunningRoost } from "../../main.ts";
import { deployHello } from "../hello.ts";
import { examples, type Session, withJson } from "../session.ts";
import { renderFields } from "../table.ts";
import { superviseProxy } from "./proxy.ts";

/** What the hints below call `roost`: nothing puts it on the PATH. */
const launcher = fileURLToPath(new URL("../../../toolchain/roost", import.meta.url));

interface StartFlags {
  json?: boolean;
}

export function startCommand(session: Session): Command {
  return withJson(new Command("start"))
    .description("Start the server: API, documentation, state backend, and workers unless ROOST_WORKERS=0")
    .addHelpText(
      "after",
      "\nIt takes its settings from the environment: see `roost settings`. Ctrl-C stops it in order.\n",
    )
    .addHelpText("after", examples("roost start", "ROOST_PORT=9000 ROOST_DATA_DIR=~/roost roost start"))
    .action(async (flags: StartFlags) => {
      const settings = readQuietly(session);
      const { startServer } = await import("../../main.ts");
      let endProxy = async () => {};
      await serveUntilStopped(
        session,
        async () => {
          const roost = await startServer(settings, { say: sayTo(session) });
          const stop = async () => {
            await endProxy();
            await roost.stop();
          };
          return { ...roost, stop };
        },
        async (roost) => {
          showServer(session, flags, settings, roost);
          if (settings.ROOST_PROXY) endProxy = superviseProxy(settings, session.context.env, sayTo(session));
          if (!flags.json) await deployHello(session, settings, roost);
        },
      );
    });
}

export function workerCommand(session: Session): Command {
  return withJson(new Command("worker"))
    .description("Run deployments of the server whose database DATABASE_URL names")
    .addHelpText("after", "\nIt needs the same DATABASE_URL and master key as the server, and no port.\n")
    .addHelpText("after", examples("DATABASE_URL=postgres://… ROOST_MASTER_KEY_FILE=/run/key roost worker"))
    .action(async (flags: StartFlags) => {
      const settings = readSettings(session.context.projectFolder, session.context.env);
      const { startWorker } = await import("../../main.ts");
      await serveUntilStopped(
        session,
        () => startWorker(settings, { say: sayTo(session) }),
        async ({ isolation }) => {
          const { stdout } = session.context;
          const slots = settings.ROOST_WORKERS;
          if (flags.json) stdout.write(`${JSON.stringify({ pid: process.pid, slots })}\n`);
          else
            stdout.write(`The worker runs up to ${slots} deployments at once. ${isolationText(isolation)}\n`);
        },
      );
    });
}

/** On a terminal, where a person reads, each request is no news: only warnings are logged unless asked for. */
function readQuietly({ context }: Session): Settings {
  const isGiven = Boolean(context.env.ROOST_LOG_LEVEL);
  const settings = readSettings(context.projectFolder, context.env);
  return context.stderr.isTTY && !isGiven ? { ...settings, ROOST_LOG_LEVEL: "warn" } : settings;
}

/** Runs until SIGINT or SIGTERM, then stops in order; a second signal ends it at once. */
async function serveUntilStopped(
  session: Session,
  start: () => Promise<RunningRoost>,
  ready: (roost: RunningRoost) => Promise<void>,
): Promise<void> {
  const { stderr, onSignal } = session.context;
  const stopped = Promise.withResolvers<void>();
  let asked = false;
  const release = onSignal(["SIGINT", "SIGTERM"], () => {
    // A server that does not come to its end is ended: whatever it ran is taken up after the next start.
    if (asked) process.exit(130);
    asked = true;
    stderr.write("\nStopping. Once more ends it at once.\n");
    stopped.resolve();
  });
  try {
    const roost = await start();
    try {
      if (!asked) await Promise.race([ready(roost), stopped.promise]);
      await stopped.promise;
    } finally {
      await roost.stop();
    }
  } finally {
    release();
  }
}

function sayTo({ context }: Session): (line: string) => void {
  return (line) => void context.stderr.write(`${line}\n`);
}

function showServer(session: Session, flags: StartFlags, settings: Settings, roost: RunningRoost): void {
  const { stdout } = session.context;
  const { token, file } = roost.services.firstAdmin;
  if (flags.json) {
    const shown = {
      url: roost.url,
      pid: process.pid,
      dataFolder: settings.ROOST_DATA_DIR,
      adminTokenFile: file ?? null,
    };
    stdout.write(`${JSON.stringify(shown)}\n`);
    return;
  }
  const docs = new URL("/docs", roost.url);
  const database = roost.database ? `embedded PostgreSQL in ${roost.database.folder}` : "DATABASE_URL";
  const tokenFile = file ?? `${settings.ROOST_DATA_DIR}/admin-token`;
  stdout.write(
    `\nRoost is ready.\n${renderFields([
      ["API", roost.url],
      ["documentation", docs.href],
      ["data", settings.ROOST_DATA_DIR],
      ["database", database],
      [
        "deployments",
        settings.ROOST_WORKERS === 0 ? "run in workers elsewhere" : isolationText(roost.isolation),
      ],
      ...adminFields(token, file, stdout.isTTY === true),
      ["command", `alias roost=${launcher}`],
      ["log in", `roost login ${roost.url} --token file:${tokenFile}`],
      ["with pulumi", `PULUMI_ACCESS_TOKEN=$(cat ${tokenFile}) pulumi login ${roost.url}`],
    ])}\n`,
  );
}

/** The first token is shown to a person only: what is not a terminal is kept in logs. */
function adminFields(token: string | undefined, file: string | undefined, isTerminal: boolean) {
  if (!token) return [];
  const text = isTerminal ? `${token} (shown this once; also in ${file})` : `in ${file}`;
  return [["admin token", text] as const];
}

function isolationText(isolation: Isolation | undefined): string {
  if (isolation?.kind === "separate-users") return "each runs under a user of its own";
  return `run in one trust domain with the server: ${isolation?.why ?? "no isolation was planned"}`;
}
