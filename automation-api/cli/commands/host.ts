import { Command } from "commander";
import { invalid } from "../../errors.ts";
import { type Host, hostPage, host as hostSchema, type NewHost } from "../../hosts/contract.ts";
import { scanPage } from "../../scans/contract.ts";
import { assignments, assignmentsText, collect } from "../config-arguments.ts";
import { ageOf } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
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
import { hostGroupCommand } from "./host-group.ts";
import { hostImportCommand } from "./host-import.ts";
import {
  type KeyFlags,
  loginOf,
  onePin,
  type PinFlags,
  parseLogin,
  pinOf,
  sudoHelp,
  withCredential,
  withKey,
  withPin,
} from "./host-login.ts";
import { hostMigrateCommand } from "./host-migrate.ts";
import { hostOptimizeCommand, hostProfilesCommand } from "./host-optimize.ts";
import { hostPerformanceCommand } from "./host-performance.ts";
import { hostReinstallCommand } from "./host-reinstall.ts";
import { hostResetCommand } from "./host-reset.ts";
import { hostScanCommand } from "./host-scan.ts";
import { hostDiffCommand, hostReportCommand, hostScansCommand } from "./host-scans.ts";
import { hostShellCommand } from "./host-shell.ts";
import { hostShellsCommand } from "./host-shells.ts";
import { hostTraceCommand } from "./host-trace.ts";

const columns: Column<Host>[] = [
  { title: "NAME", value: ({ name }) => name },
  { title: "LOGIN", value: loginOf, flexible: true },
  { title: "HEALTH", value: ({ health }) => health?.state ?? "never checked" },
  { title: "CHECKED", value: ({ health }) => health && `${ageOf(health.checkedAt)} ago` },
  { title: "SYSTEM", value: ({ health }) => health?.system },
  { title: "LABELS", value: ({ labels }) => assignmentsText(labels) },
];

export function hostCommand(session: Session): Command {
  const command = new Command("host").description(
    "Keep an inventory of Linux hosts; check, scan, reset, configure, tune and reinstall them",
  );
  command.addCommand(listCommand(session), { isDefault: true });
  const others = [addCommand, hostImportCommand, changeCommand, showCommand, checkCommand, hostGroupCommand];
  others.push(hostScanCommand, hostScansCommand, hostReportCommand, hostDiffCommand);
  others.push(hostPerformanceCommand, hostResetCommand, hostConfigCommand);
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

interface AddFlags extends ClientFlags, PinFlags, KeyFlags {
  sudo?: boolean;
  bastion?: string;
  label?: [string, string][];
}

function addCommand(session: Session): Command {
  const command = withServer(new Command("add"))
    .description("Add a host, pinned to its host key; nothing on it is touched")
    .argument("<name>")
    .argument("<login>", "user@address or user@address:port");
  return withKey(withPin(command))
    .option("--sudo", sudoHelp)
    .option("--bastion <host>", "the host that it is reached through")
    .option("--label <name=value>", "may be given again", assignments("--label", String))
    .action(async (name: string, login: string, flags: AddFlags) => {
      const place = parseLogin(login);
      const client = await openClient(session, flags);
      const pin = await pinOf(client, place, flags);
      if (!pin) throw onePin();
      const bastion = flags.bastion === undefined ? null : (await findHost(client, flags.bastion)).id;
      const added = await withCredential(session, client, flags, name, (credential) => {
        const labels = Object.fromEntries(flags.label ?? []);
        const login = { ...place, sudo: flags.sudo ?? false, credential: credential ?? null };
        const body: NewHost = { name, ...login, ...pin, bastion, labels };
        return client.send({ method: "POST", path: "/api/v1/hosts", body, reply: hostSchema });
      });
      print(session, flags, added, (one) => renderHost(one));
    });
}

interface ChangeFlags extends ClientFlags, PinFlags, KeyFlags {
  name?: string;
  login?: string;
  sudo?: boolean;
  /** False: none. */
  bastion?: string | false;
  label?: [string, string][];
  unlabel?: string[];
}

function changeCommand(session: Session): Command {
  const command = withServer(new Command("change"))
    .description("Change what is known of a host; nothing on it is touched")
    .argument("<host>", "name or id")
    .option("--name <name>", "call it otherwise")
    .option("--login <login>", "user@address or user@address:port");
  return withKey(withPin(command))
    .option("--sudo", sudoHelp)
    .option("--no-sudo", "run it as the user itself")
    .option("--bastion <host>", "the host that it is reached through")
    .option("--no-bastion", "it is reached directly")
    .option("--label <name=value>", "set a label; may be given again", assignments("--label", String))
    .option("--unlabel <name>", "take a label away; may be given again", collect)
    .addHelpText(
      "after",
      examples(
        "roost host change web-1 --login ops@10.0.0.6 --fingerprint SHA256:…",
        "roost host change web-1 --label env=prod --unlabel staging",
      ),
    )
    .action(async (host: string, flags: ChangeFlags) => {
      const client = await openClient(session, flags);
      const before = await findHost(client, host);
      const place = flags.login === undefined ? undefined : parseLogin(flags.login);
      const pin = await pinOf(client, place ?? before, flags);
      const bastion = flags.bastion ? (await findHost(client, flags.bastion)).id : undefined;
      const labels = { ...before.labels, ...Object.fromEntries(flags.label ?? []) };
      for (const name of flags.unlabel ?? []) delete labels[name];
      const changed = await withCredential(session, client, flags, before.name, (credential) => {
        const body = {
          ...{ name: flags.name, ...place, ...pin, sudo: flags.sudo, credential },
          bastion: flags.bastion === false ? null : bastion,
          ...((flags.label ?? flags.unlabel) && { labels }),
        };
        if (Object.values(body).every((value) => value === undefined))
          throw invalid("change", "nothing is named that should change; --help lists what can be");
        const path = `/api/v1/hosts/${before.id}`;
        return client.send({
          method: "PATCH",
          path,
          body,
          ifMatch: `"${before.version}"`,
          reply: hostSchema,
        });
      });
      print(session, flags, changed, (one) => renderHost(one));
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
      const bastion = found.bastion && (await findHost(client, found.bastion)).name;
      print(session, flags, { ...found, lastScan }, () => {
        const text = lastScan && `${lastScan.id}, ${lastScan.facts} facts, ${ageOf(lastScan.createdAt)} ago`;
        return renderHost({ ...found, bastion }, [["last scan", text ?? "never"]]);
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

function renderHost(host: Host, more: [string, string][] = []): string {
  const { health, hostKey } = host;
  const state = health && `${health.state}, ${ageOf(health.checkedAt)} ago, ${health.milliseconds} ms`;
  return renderFields([
    ["host", host.name],
    ["id", host.id],
    ["login", `${loginOf(host)}${host.sudo ? ", sudo" : ""}`],
    ["host key", `${hostKey.type} ${hostKey.fingerprint}`],
    ["accepted", `${hostKey.trust} by ${hostKey.acceptedBy}, ${ageOf(hostKey.acceptedAt)} ago`],
    ["credential", host.credential],
    ["bastion", host.bastion],
    ["labels", assignmentsText(host.labels) || null],
    ["health", state ?? "never checked"],
    ["system", health?.system],
    ...(health?.message ? ([["fault", health.message]] as const) : []),
    ...(health?.state === "host-key" ? ([["if it is right", rePin(host)]] as const) : []),
    ...more,
  ]);
}

/** How a host whose key was made anew is known again. */
function rePin({ name }: Host): string {
  return `roost host change ${name} --fingerprint SHA256:… (as its console shows it: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub)`;
}
