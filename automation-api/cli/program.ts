import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { messageOf, RoostError } from "../errors.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { costCommand } from "./commands/cost.ts";
import { credentialCommand } from "./commands/credential.ts";
import { deployCommands } from "./commands/deploy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { environmentCommand } from "./commands/environment.ts";
import { exportCommand } from "./commands/export.ts";
import { graphCommand } from "./commands/graph.ts";
import { hostCommand } from "./commands/host.ts";
import { loginCommand } from "./commands/login.ts";
import { cancelCommand, logsCommand } from "./commands/logs.ts";
import { policyCommand } from "./commands/policy.ts";
import { proxyCommand, unitCommand } from "./commands/proxy.ts";
import { sessionCommand } from "./commands/sessions.ts";
import { settingsCommand } from "./commands/settings.ts";
import { resourcesCommand, stacksCommand } from "./commands/stacks.ts";
import { startCommand, workerCommand } from "./commands/start.ts";
import { statusCommand } from "./commands/status.ts";
import { templateCommand } from "./commands/templates.ts";
import { terminalCommand } from "./commands/terminal.ts";
import { tokensCommand } from "./commands/tokens.ts";
import type { Context } from "./context.ts";
import { exitCodeHelp, exitCodeOf, exitCodes } from "./exit-codes.ts";
import type { Session } from "./session.ts";

/**
 * Runs `roost` with arguments as they come after its name.
 * @returns the exit code; nothing is thrown.
 */
export async function run(args: string[], context: Context): Promise<number> {
  const session: Session = { context, exitCode: exitCodes.ok };
  try {
    await buildProgram(session).parseAsync(args, { from: "user" });
    return session.exitCode;
  } catch (error) {
    report(error, args.includes("--json"), context);
    return exitCodeOf(error);
  }
}

/** The whole command with its help texts. */
export function buildProgram(session: Session): Command {
  const program = new Command("roost")
    .description("Deploys stacks on a Roost server, and runs that server.")
    .version(version(), "-V, --version")
    .addHelpText("after", `\n${exitCodeHelp}\n`)
    .showHelpAfterError("(--help shows what there is)");
  program.commandsGroup("On this machine:");
  for (const command of [
    startCommand,
    workerCommand,
    proxyCommand,
    unitCommand,
    doctorCommand,
    graphCommand,
    exportCommand,
    policyCommand,
    costCommand,
    backupCommand,
    restoreCommand,
    settingsCommand,
  ]) {
    program.addCommand(command(session));
  }
  program.commandsGroup("With a server:");
  program.addCommand(loginCommand(session));
  program.addCommand(statusCommand(session));
  for (const command of deployCommands(session)) program.addCommand(command);
  for (const command of [
    logsCommand,
    cancelCommand,
    stacksCommand,
    environmentCommand,
    resourcesCommand,
    hostCommand,
    credentialCommand,
    terminalCommand,
    templateCommand,
    sessionCommand,
    tokensCommand,
    auditCommand,
  ]) {
    program.addCommand(command(session));
  }
  settle(program, session.context);
  return program;
}

/** Errors come back as exceptions, and all text goes where the context says. */
function settle(command: Command, { stdout, stderr }: Context): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    getOutHelpWidth: () => (stdout.isTTY ? stdout.columns || 80 : 100),
    getErrHelpWidth: () => (stderr.isTTY ? stderr.columns || 80 : 100),
  });
  for (const inner of command.commands) settle(inner, { stdout, stderr } as Context);
}

function report(error: unknown, asJson: boolean, { stdout, stderr }: Context): void {
  // Commander has said already what it has to say.
  const isSaid = error instanceof CommanderError && error.code !== "interrupted";
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (asJson && !isHelp) {
    const { code, faults } = error instanceof RoostError ? error : { code: "invalid", faults: [] };
    const known = error instanceof RoostError || error instanceof CommanderError;
    stdout.write(
      `${JSON.stringify({ error: { code: known ? code : "internal", message: messageOf(error), faults } })}\n`,
    );
  } else if (!isSaid) {
    stderr.write(`roost: ${messageOf(error)}\n`);
  }
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
