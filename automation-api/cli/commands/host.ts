import { Command } from "commander";
import { credential as credentialSchema } from "../../credentials/contract.ts";
import { invalid } from "../../errors.ts";
import {
  type Host,
  hostPage,
  host as hostSchema,
  type NewHost,
  type ShownHostKeys,
  shownHostKeys,
} from "../../hosts/contract.ts";
import { scanPage } from "../../scans/contract.ts";
import type { Client } from "../client.ts";
import { assignments } from "../config-arguments.ts";
import { ageOf } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseSecretSource, SecretReader, secretSourceHelp } from "../secret-source.ts";
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
import { findHost } from "./find-host.ts";
import {
  hostActionsCommand,
  hostConfirmCommand,
  hostUndoCommand,
  hostVerifyCommand,
} from "./host-actions.ts";
import { hostBenchmarkCommand } from "./host-benchmark.ts";
import { hostConfigCommand } from "./host-config.ts";
import { hostMigrateCommand } from "./host-migrate.ts";
import { hostOptimizeCommand, hostProfilesCommand } from "./host-optimize.ts";
import { hostPerformanceCommand } from "./host-performance.ts";
import { hostReinstallCommand } from "./host-reinstall.ts";
import { hostResetCommand } from "./host-reset.ts";
import { hostScanCommand } from "./host-scan.ts";
import { hostShellCommand } from "./host-shell.ts";
import { hostShellsCommand } from "./host-shells.ts";
import { hostTraceCommand } from "./host-trace.ts";

const columns: Column<Host>[] = [
  { title: "NAME", value: ({ name }) => name },
  { title: "LOGIN", value: loginOf, flexible: true },
  { title: "HEALTH", value: ({ health }) => health?.state ?? "never checked" },
  { title: "CHECKED", value: ({ health }) => health && `${ageOf(health.checkedAt)} ago` },
  { title: "SYSTEM", value: ({ health }) => health?.system },
  { title: "LABELS", value: ({ labels }) => labelsText(labels) },
];

export function hostCommand(session: Session): Command {
  const command = new Command("host").description(
    "Keep an inventory of Linux hosts; check, scan, reset, configure, tune and reinstall them",
  );
  command.addCommand(listCommand(session), { isDefault: true });
  const others = [
    addCommand,
    showCommand,
    checkCommand,
    hostScanCommand,
    hostPerformanceCommand,
    hostResetCommand,
    hostConfigCommand,
  ];
  others.push(hostBenchmarkCommand, hostTraceCommand);
  others.push(hostOptimizeCommand, hostReinstallCommand, hostShellCommand, hostActionsCommand);
  others.push(hostProfilesCommand, hostMigrateCommand, hostShellsCommand);
  others.push(hostConfirmCommand, hostVerifyCommand, hostUndoCommand);
  for (const inner of [...others, removeCommand]) command.addCommand(inner(session));
  return command.addHelpText(
    "after",
    examples(
      "roost host add web-1 ops@10.0.0.5 --fingerprint SHA256:… --private-key file:~/.ssh/id_ed25519",
      "roost host check web-1",
      "roost host scan web-1 --diff",
      "roost host reset web-1 --profile light",
    ),
  );
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List hosts (default)")
    .option("--selector <labels>", "hosts that have all these labels, such as env=prod,role=web")
    .option("--group <name>", "hosts of this group")
    .action(async (flags: ClientFlags & { selector?: string; group?: string }) => {
      const client = await openClient(session, flags);
      const query = { selector: flags.selector, group: flags.group };
      const found = await client.list({ path: "/api/v1/hosts", query }, hostPage, 10_000);
      print(session, flags, found, ({ items }) =>
        renderList(items, columns, "hosts", widthOf(session.context)),
      );
    });
}

interface AddFlags extends ClientFlags {
  hostKey?: string;
  fingerprint?: string;
  firstUse?: boolean;
  credential?: string;
  privateKey?: string;
  bastion?: string;
  label?: [string, string][];
}

function addCommand(session: Session): Command {
  return withServer(new Command("add"))
    .description("Add a host, pinned to its host key; nothing on it is touched")
    .argument("<name>")
    .argument("<login>", "user@address or user@address:port")
    .option("--host-key <line>", "its host key, `ssh-ed25519 AAAA…`, as the host's console shows it")
    .option("--fingerprint <SHA256:…>", "take the key that it shows if it has this fingerprint")
    .option("--first-use", "take the key that it shows, whoever answers; its fingerprint is printed")
    .option("--credential <id>", "the SSH key to log in with, which the server has already")
    .option("--private-key <source>", `give the server the SSH key to log in with: ${secretSourceHelp}`)
    .option("--bastion <host>", "the host that it is reached through")
    .option("--label <name=value>", "may be given again", assignments("--label", String))
    .action(async (name: string, login: string, flags: AddFlags) => {
      const place = parseLogin(login);
      if (flags.credential !== undefined && flags.privateKey !== undefined)
        throw invalid("--private-key", "give it or --credential, not both");
      const source = flags.privateKey && parseSecretSource(flags.privateKey, "--private-key");
      const client = await openClient(session, flags);
      const key = await keyOf(client, place, flags);
      const bastion = flags.bastion === undefined ? null : (await findHost(client, flags.bastion)).id;
      const secret = source && (await new SecretReader(session.context).read(source, "Private key"));
      const credential = secret
        ? await storeKey(client, name, secret)
        : { id: flags.credential ?? null, isNew: false };
      const body: NewHost = {
        name,
        ...place,
        ...key,
        credential: credential.id,
        bastion,
        labels: Object.fromEntries(flags.label ?? []),
      };
      const path = "/api/v1/hosts";
      const added = await client
        .send({ method: "POST", path, body, reply: hostSchema })
        .catch(async (error: unknown) => {
          // The key came with this host alone.
          if (credential.isNew)
            await client.send({ method: "DELETE", path: `/api/v1/credentials/${credential.id}` });
          throw error;
        });
      print(session, flags, added, (one) => renderHost(one));
    });
}

function showCommand(session: Session): Command {
  return withServer(new Command("show"))
    .description("Show a host, how it is and when it was scanned")
    .argument("<host>", "name or id")
    .action(async (name: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await findHost(client, name);
      const query = { host: found.id, limit: 1 };
      const scans = await client.send({ path: "/api/v1/scans", query, reply: scanPage });
      const lastScan = scans.items[0] ?? null;
      print(session, flags, { ...found, lastScan }, () => {
        const text = lastScan && `${lastScan.id}, ${lastScan.facts} facts, ${ageOf(lastScan.createdAt)} ago`;
        return renderHost(found, [["last scan", text ?? "never"]]);
      });
    });
}

function checkCommand(session: Session): Command {
  return withServer(new Command("check"))
    .description("Log in to a host to see whether it is well; exit code 1 when it is not")
    .argument("<host>", "name or id")
    .action(async (name: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const { id } = await findHost(client, name);
      const path = `/api/v1/hosts/${id}/check`;
      const checked = await client.send({ method: "POST", path, reply: hostSchema });
      print(session, flags, checked, (one) => renderHost(one));
      session.exitCode = checked.health?.state === "healthy" ? exitCodes.ok : exitCodes.failed;
    });
}

function removeCommand(session: Session): Command {
  return withServer(new Command("remove"))
    .description("Remove a host from the inventory; nothing on it is touched")
    .argument("<host>", "name or id")
    .action(async (name: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const { id, name: known } = await findHost(client, name);
      await client.send({ method: "DELETE", path: `/api/v1/hosts/${id}` });
      print(session, flags, { id, name: known, removed: true }, () => `${known} is removed.\n`);
    });
}

async function keyOf(
  client: Client,
  { address, port }: { address: string; port: number },
  { hostKey, fingerprint, firstUse }: AddFlags,
): Promise<Pick<NewHost, "hostKey" | "hostKeyTrust">> {
  const given = [hostKey, fingerprint, firstUse].filter((flag) => flag !== undefined);
  if (given.length !== 1)
    throw invalid("--host-key", "give one of --host-key, --fingerprint and --first-use");
  if (hostKey !== undefined) return { hostKey, hostKeyTrust: "verified" };
  const path = "/api/v1/hosts/host-key";
  const shown = await client.send({ method: "POST", path, body: { address, port }, reply: shownHostKeys });
  if (fingerprint === undefined) return { hostKey: best(shown).line, hostKeyTrust: "first-use" };
  const match = shown.keys.find((key) => key.fingerprint === fingerprint);
  if (match) return { hostKey: match.line, hostKeyTrust: "verified" };
  const others = shown.keys.map((key) => `${key.type} ${key.fingerprint}`).join(", ");
  throw invalid("--fingerprint", `the machine shows other keys: ${others}`);
}

function best({ keys, address }: ShownHostKeys): ShownHostKeys["keys"][number] {
  const [first] = keys;
  if (!first) throw invalid("--first-use", `${address} shows no key`);
  return first;
}

async function storeKey(client: Client, name: string, privateKey: string) {
  const body = { name: `login to ${name}`, kind: "ssh", privateKey };
  const path = "/api/v1/credentials";
  const { id } = await client.send({ method: "POST", path, body, reply: credentialSchema });
  return { id, isNew: true };
}

function renderHost(host: Host, more: [string, string][] = []): string {
  const { health, hostKey } = host;
  const state = health && `${health.state}, ${ageOf(health.checkedAt)} ago, ${health.milliseconds} ms`;
  return renderFields([
    ["host", host.name],
    ["id", host.id],
    ["login", loginOf(host)],
    ["host key", `${hostKey.type} ${hostKey.fingerprint}`],
    ["accepted", `${hostKey.trust} by ${hostKey.acceptedBy}`],
    ["credential", host.credential],
    ["bastion", host.bastion],
    ["labels", labelsText(host.labels)],
    ["health", state ?? "never checked"],
    ["system", health?.system],
    ...(health?.message ? ([["fault", health.message]] as const) : []),
    ...more,
  ]);
}

function loginOf({ user, address, port }: Host): string {
  return `${user}@${address}${port === 22 ? "" : `:${port}`}`;
}

function labelsText(labels: Host["labels"]): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/** `ops@10.0.0.5:2222`; an IPv6 address with a port stands in brackets. */
function parseLogin(text: string): { user: string; address: string; port: number } {
  const [, user, bracketed, plain, port] =
    /^([^@]+)@(?:\[([^\]]+)\]|([^@]+?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (user === undefined || address === undefined) throw invalid("login", "expected user@address:port");
  // fe80::1 ends in what could be a port.
  if (plain?.includes(":"))
    return { user, address: port === undefined ? plain : `${plain}:${port}`, port: 22 };
  return { user, address, port: port === undefined ? 22 : Number(port) };
}
