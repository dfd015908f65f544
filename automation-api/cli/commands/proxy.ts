import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { readSettings, type Settings } from "../../config.ts";
import { messageOf } from "../../errors.ts";
import { systemdUnit, type UnitKind } from "../generate/systemd.ts";
import { examples, print, type Session, withJson } from "../session.ts";

const entry = fileURLToPath(new URL("../main.ts", import.meta.url));
const againMilliseconds = 2_000;

export function proxyCommand(session: Session): Command {
  return withJson(new Command("proxy"))
    .description("Lead browsers to users' sessions, each under an origin of its own")
    .addHelpText("after", "\n`roost start` runs it too, as a process of its own, unless ROOST_PROXY=0.\n")
    .addHelpText(
      "after",
      examples(
        "roost proxy",
        "DATABASE_URL=postgres://… ROOST_PROXY_URL=https://*.s.example.com roost proxy",
      ),
    )
    .action(async (flags: { json?: boolean }) => {
      const { stdout, stderr, onSignal, projectFolder, env } = session.context;
      const settings = readSettings(projectFolder, env);
      const { startSessionProxy } = await import("../../main.ts");
      const stopped = Promise.withResolvers<void>();
      const release = onSignal(["SIGINT", "SIGTERM"], () => stopped.resolve());
      // Started by a server, it ends with it.
      process.once("disconnect", () => stopped.resolve());
      try {
        const proxy = await startSessionProxy(settings, { say: (line) => void stderr.write(`${line}\n`) });
        stdout.write(
          flags.json
            ? `${JSON.stringify({ url: proxy.url, pid: process.pid })}\n`
            : `Sessions are at ${proxy.url}.\n`,
        );
        await stopped.promise;
        await proxy.close();
      } finally {
        release();
      }
    });
}

export function unitCommand(session: Session): Command {
  return withJson(new Command("unit"))
    .description("Print a systemd unit that keeps the server, a worker or the proxy running")
    .addOption(new Option("--of <kind>", "which").choices(["start", "worker", "proxy"]).default("start"))
    .option("--settings <file>", "file of NAME=value lines", "/etc/roost/environment")
    .addHelpText("after", examples("roost unit > /etc/systemd/system/roost.service", "roost unit --of proxy"))
    .action((flags: { of: UnitKind; settings: string; json?: boolean }) => {
      const folder = session.context.projectFolder.replace(/\/$/, "");
      const unit = systemdUnit(flags.of, folder, flags.settings);
      print(session, flags, { unit }, () => unit);
    });
}

/**
 * Runs the proxy beside a server as a process of its own, and again when it ends. What keeps it from starting is said
 * once and does not concern the server.
 * @returns what ends it.
 */
export function superviseProxy(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): () => Promise<void> {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;
  let hasSaid = false;
  const start = () => {
    let told = "";
    child = spawn(process.execPath, [...process.execArgv, entry, "proxy"], {
      // Reading the settings has taken the database's address, with its password, out of ours.
      env: { ...env, ...(settings.DATABASE_URL && { DATABASE_URL: settings.DATABASE_URL }) },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      told = (told + text).slice(-2_000);
    });
    child.on("error", (error) => say(`The proxy of sessions cannot be started: ${messageOf(error)}`));
    child.once("exit", () => {
      if (isStopping) return;
      if (!hasSaid) say(`The proxy of sessions has ended: ${told.trim() || "it gave no reason"}`);
      hasSaid = true;
      timer = setTimeout(start, againMilliseconds);
    });
  };
  start();
  return async () => {
    isStopping = true;
    clearTimeout(timer);
    const last = child;
    if (!last || last.exitCode !== null || last.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => last.once("exit", () => resolve()));
    last.kill("SIGTERM");
    const hard = setTimeout(() => last.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(hard);
  };
}
