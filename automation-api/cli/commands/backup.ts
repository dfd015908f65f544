import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import {
  checkBackup,
  fewestPassphraseCharacters,
  masterKeyFile,
  type Progress,
  type RestoreSummary,
  restoreBackup,
  writeBackup,
} from "../../backup/service.ts";
import { readSettings, type Settings } from "../../config.ts";
import { startEmbedded } from "../../db/embedded.ts";
import { type Database, openDatabase } from "../../db/pool.ts";
import { messageOf, RoostError } from "../../errors.ts";
import type { Context } from "../context.ts";
import { LiveRegion } from "../live-region.ts";
import { parseSecretSource, SecretReader, type SecretSource, secretSourceHelp } from "../secret-source.ts";
import { examples, print, type Session, withJson } from "../session.ts";

interface BackupFlags {
  json?: boolean;
  passphrase?: string;
  withoutKey: boolean;
}

interface RestoreFlags {
  json?: boolean;
  passphrase?: string;
  keepTokens: boolean;
  check: boolean;
}

const notInBackup =
  "What a backup does not hold: services and sessions that run on machines, and timed work, which the server plans anew.";

export function backupCommand(session: Session): Command {
  return withJson(new Command("backup"))
    .description("Write the control plane into one encrypted file; the server may run on")
    .argument("<file>", "new file")
    .option("--passphrase <source>", `encrypts the file: ${secretSourceHelp} (default: asked for)`)
    .option(
      "--without-key",
      "leave the master key out: no secret can be restored from this file alone",
      false,
    )
    .addHelpText("after", `\nIt works on this machine's settings: see \`roost settings\`. ${notInBackup}\n`)
    .addHelpText(
      "after",
      examples(
        "roost backup roost.backup",
        "roost backup /mnt/$(date +%F) --passphrase file:/run/passphrase",
      ),
    )
    .action((file: string, flags: BackupFlags) => backup(session, file, flags));
}

export function restoreCommand(session: Session): Command {
  return withJson(new Command("restore"))
    .description("Fill an empty database from a backup, and end what was under way when it was taken")
    .argument("<file>", "file that `roost backup` wrote")
    .option("--passphrase <source>", `of the file: ${secretSourceHelp} (default: asked for)`)
    .option(
      "--keep-tokens",
      "API tokens stay good (default: all are revoked, and an admin token is made)",
      false,
    )
    .option("--check", "read the file to its end and change nothing", false)
    .addHelpText(
      "after",
      "\nIt works on this machine's settings: see `roost settings`. Stop the server before.\n",
    )
    .addHelpText(
      "after",
      examples("roost restore roost.backup --check", "ROOST_DATA_DIR=/srv/new roost restore roost.backup"),
    )
    .action((file: string, flags: RestoreFlags) => restore(session, file, flags));
}

async function backup(session: Session, file: string, flags: BackupFlags): Promise<void> {
  const { context } = session;
  const settings = readSettings(context.projectFolder, context.env);
  if (flags.withoutKey) {
    context.stderr.write(
      "Without the master key this file cannot give back: secrets in configuration and state, stored credentials. Keep the key elsewhere.\n",
    );
  }
  const passphrase = await newPassphrase(session, flags);
  const summary = await withDatabase(settings, context, async (database) => {
    const shown = showProgress(context, "Reading");
    const masterKey = flags.withoutKey ? undefined : await readMasterKey(settings);
    const dataFolder = settings.ROOST_DATA_DIR;
    return writeBackup({
      database,
      dataFolder,
      masterKey,
      passphrase,
      file,
      onProgress: shown.progress,
    }).finally(shown.end);
  });
  print(session, flags, { file: path.resolve(file), ...summary }, ({ tables, rows, encrypted }) => {
    const kept = flags.withoutKey ? "without the master key" : "with the master key";
    return `${file}: ${rows} rows of ${tables} tables, ${kept}, ${encrypted ? "encrypted" : "not encrypted"}.\nCheck it: roost restore ${file} --check\n`;
  });
}

/** @returns undefined for a file that is not to be encrypted. */
async function newPassphrase(session: Session, flags: BackupFlags): Promise<string | undefined> {
  const { context } = session;
  const reader = new SecretReader(context);
  if (flags.passphrase !== undefined) {
    return reader.read(parseSecretSource(flags.passphrase, "--passphrase"), "Passphrase");
  }
  if (flags.withoutKey) return undefined;
  if (!context.stdin.isTTY) {
    throw new RoostError(
      "invalid",
      "A backup holds the master key, so it needs a passphrase: --passphrase env:NAME or file:PATH. Or leave the key out with --without-key; then no secret can be restored from the file alone.",
    );
  }
  const first = await reader.read(
    { kind: "ask" },
    `Passphrase (${fewestPassphraseCharacters} characters or more)`,
  );
  const second = await reader.read({ kind: "ask" }, "The same again");
  if (first !== second) throw new RoostError("invalid", "The two passphrases differ.");
  return first;
}

async function readMasterKey(settings: Settings): Promise<Buffer> {
  if (settings.ROOST_MASTER_KEY) return Buffer.from(settings.ROOST_MASTER_KEY, "base64");
  const file = path.join(settings.ROOST_DATA_DIR, masterKeyFile);
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new RoostError(
      "not_found",
      `The master key is not in ${file}: give ROOST_MASTER_KEY_FILE, or --without-key.`,
      { cause },
    );
  });
  return Buffer.from(text, "base64");
}

async function restore(session: Session, file: string, flags: RestoreFlags): Promise<void> {
  const { context } = session;
  const source: SecretSource =
    flags.passphrase === undefined ? { kind: "ask" } : parseSecretSource(flags.passphrase, "--passphrase");
  const passphrase = () => new SecretReader(context).read(source, "Passphrase");
  const shown = showProgress(context, flags.check ? "Checking" : "Restoring");
  if (flags.check) {
    const found = await checkBackup({ file, passphrase, onProgress: shown.progress }).finally(shown.end);
    return print(
      session,
      flags,
      { ok: true, ...found },
      ({ createdAt, rows, tables, withKey }) =>
        `${file} is whole: taken ${createdAt}, ${rows} rows of ${tables} tables, ${withKey ? "with" : "without"} the master key.\n`,
    );
  }
  const settings = readSettings(context.projectFolder, context.env);
  const summary = await withDatabase(settings, context, (database) =>
    restoreBackup({
      ...{ database, dataFolder: settings.ROOST_DATA_DIR, file, passphrase, keepTokens: flags.keepTokens },
      givenMasterKey: settings.ROOST_MASTER_KEY
        ? Buffer.from(settings.ROOST_MASTER_KEY, "base64")
        : undefined,
      givenAdminToken: settings.ROOST_ADMIN_TOKEN,
      onProgress: shown.progress,
    }).finally(shown.end),
  );
  // The new token is in its file; a JSON document goes into logs.
  const document = { ...summary, tokens: summary.tokens.map(({ token: _token, ...rest }) => rest) };
  print(session, flags, document, () => restoredText(file, summary, context.stdout.isTTY === true));
}

function restoredText(file: string, summary: RestoreSummary, isTerminal: boolean): string {
  const { lost, tokens, auditSetAside } = summary;
  const lines = [
    `Restored ${summary.rows} rows of ${summary.tables} tables from ${file}, taken ${summary.createdAt}.`,
    `Ended: ${summary.failedDeployments} running deployments (now failed), ${summary.endedLeases} leases, ${summary.revokedTokens} API tokens.`,
    ...tokens.map(({ organization, account, token, file: place }) => {
      const where = place
        ? isTerminal
          ? `${token} (also in ${place})`
          : `in ${place}`
        : "the one that the settings give";
      return `New admin token of ${account} in ${organization}: ${where}`;
    }),
    ...(auditSetAside ? [`The audit folder that was here is now ${auditSetAside}.`] : []),
    ...(lost
      ? [
          `There was no master key: the secrets of ${lost.stacks} stacks and ${lost.credentials} credentials are lost. Set them again after the start.`,
        ]
      : []),
    "Start the server: roost start",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The database of the settings; an embedded one that was not running is stopped again. */
async function withDatabase<T>(
  settings: Settings,
  context: Context,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const embedded = settings.DATABASE_URL
    ? undefined
    : await startEmbedded({
        folder: settings.ROOST_DATA_DIR,
        say: (line) => void context.stderr.write(`${line}\n`),
      });
  const database = openDatabase(
    embedded?.connection ?? { connectionString: settings.DATABASE_URL as string },
    3,
  );
  try {
    await database.connect().then(
      (client) => client.end(),
      (cause) => {
        const [first = cause] = cause.errors ?? [];
        throw new RoostError("unavailable", `The database cannot be reached: ${messageOf(first)}`, { cause });
      },
    );
    return await work(database);
  } finally {
    await database.close();
    await (embedded?.adopted ? embedded.release() : embedded?.stop());
  }
}

function showProgress({ stderr }: Context, verb: string) {
  if (!stderr.isTTY) return { progress: () => {}, end() {} };
  const region = new LiveRegion(stderr);
  return {
    progress: ({ table, done, of, rows }: Progress) =>
      region.show([`${verb} table ${done + 1} of ${of}: ${table}  ${rows} rows`]),
    end: () => region.clear(),
  };
}
