import type { PublicKey } from "../credentials/service.ts";
import {
  hostAddress,
  hostName,
  hostUser,
  type ImportReport,
  type Labels,
  type refusals,
} from "./contract.ts";
import { knownKey, parseKnownHosts } from "./known-hosts.ts";
import {
  type ConfigSetting,
  type ParsedConfig,
  parseConfig,
  plainNames,
  settingsOf,
} from "./openssh-config.ts";

/** `env=prod,role=web` as labels; the form is checked by the contract. Pure. */
export function readSelector(text: string): Labels {
  return Object.fromEntries(text.split(",").map((pair) => pair.split("=", 2) as [string, string]));
}

export interface PlannedHost {
  name: string;
  line: number;
  address: string;
  port: number;
  user: string;
  key: PublicKey;
  /** Name of a host of this plan or of the inventory. */
  bastion: string | null;
}

export interface ImportPlan extends Pick<ImportReport, "refused" | "ignored"> {
  /** A bastion stands before the hosts behind it. */
  taken: PlannedHost[];
}

/** What the inventory holds already. */
export interface Known {
  name: string;
  /** Reached through another host, and therefore no bastion itself. */
  isBehind: boolean;
}

type Reason = (typeof refusals)[number];

class Refused extends Error {
  readonly reason: Reason;
  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

const understood = new Set([
  "hostname",
  "port",
  "user",
  "proxyjump",
  "proxycommand",
  "hostkeyalias",
  "include",
]);

/**
 * Which hosts of an OpenSSH configuration can be taken, and why the others cannot. Only names
 * that stand in a `Host` line by themselves are hosts; a pattern says how, not which. Pure.
 */
export function planImport(
  input: { config: string; knownHosts: string; user: string | null },
  inventory: Known[],
): ImportPlan {
  const config = parseConfig(input.config);
  const keys = parseKnownHosts(input.knownHosts);
  const known = new Map(inventory.map((host) => [host.name, host]));
  const refused = refusedLines(config);
  const candidates = new Map<string, PlannedHost>();
  const refuse = (line: number, name: string, error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    refused.push({ line, name, reason: error.reason, message: error.message });
  };
  for (const { name, line } of plainNames(config)) {
    try {
      if (known.has(name)) throw new Refused("name-taken", `There is a host ${name} already.`);
      candidates.set(name, readHost(name, line, settingsOf(config, name), keys, input.user));
    } catch (error) {
      refuse(line, name, error);
    }
  }
  // Each host's bastion is looked at once; those that cannot be one make their hosts refused, in any order.
  const direct = [...candidates.values()].filter(({ bastion }) => bastion === null);
  const directNames = new Set(direct.map(({ name }) => name));
  const behind = [...candidates.values()].filter(({ name, line, bastion }) => {
    if (bastion === null) return false;
    try {
      checkBastion(bastion, directNames, candidates, known);
      return true;
    } catch (error) {
      refuse(line, name, error);
      return false;
    }
  });
  refused.sort((a, b) => a.line - b.line);
  return { taken: [...direct, ...behind], refused, ignored: ignoredSettings(config) };
}

function readHost(
  name: string,
  line: number,
  settings: Map<string, ConfigSetting>,
  keys: ReturnType<typeof parseKnownHosts>,
  defaultUser: string | null,
): PlannedHost {
  const value = (keyword: string) => settings.get(keyword)?.values[0];
  if (!hostName.safeParse(name).success) throw new Refused("name", `${name} is no name for a host here.`);
  const command = settings.get("proxycommand")?.values;
  if (command && command[0]?.toLowerCase() !== "none") {
    throw new Refused(
      "proxy-command",
      "ProxyCommand would run a command on the server; name a bastion instead.",
    );
  }
  const address = expand(value("hostname") ?? "%h", name);
  const port = Number(value("port") ?? 22);
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
    throw new Refused("port", `${value("port")} is no port.`);
  const user = value("user") ?? defaultUser;
  if (user === null) throw new Refused("user", "No user is named, neither for the host nor for the import.");
  if (!hostUser.safeParse(user).success) throw new Refused("user", `${user} is no user name.`);
  const alias = value("hostkeyalias");
  const key = alias === undefined ? knownKey(keys, address, port) : knownKey(keys, alias, 22);
  if (key === "revoked") throw new Refused("revoked-host-key", "Its known key is marked as revoked.");
  if (key === undefined)
    throw new Refused(
      "no-host-key",
      `The known hosts hold no key of ${alias ?? address}${alias || port === 22 ? "" : ` at port ${port}`}.`,
    );
  return { name, line, address, port, user, key, bastion: jumpOf(settings.get("proxyjump")) };
}

/** `%h` is the name in the `Host` line, `%%` a percent sign; other tokens belong to the machine of the file. */
function expand(text: string, name: string): string {
  const address = text.replace(/%(.?)/g, (token, letter: string) => {
    if (letter === "h") return name;
    if (letter === "%") return "%";
    throw new Refused("address", `HostName holds ${token}, which only the file's own machine can expand.`);
  });
  if (!hostAddress.safeParse(address).success) throw new Refused("address", `${address} is no address.`);
  return address;
}

function jumpOf(setting: ConfigSetting | undefined): string | null {
  const jump = setting?.values[0];
  if (jump === undefined || jump.toLowerCase() === "none") return null;
  if (!hostName.safeParse(jump).success)
    throw new Refused("proxy-jump", `ProxyJump ${jump}: only the name of one host can be taken.`);
  return jump;
}

function checkBastion(
  bastion: string,
  direct: Set<string>,
  candidates: Map<string, PlannedHost>,
  known: Map<string, Known>,
): void {
  const existing = known.get(bastion);
  if (direct.has(bastion) || (existing && !existing.isBehind)) return;
  const chained = existing?.isBehind || candidates.has(bastion);
  const why = chained ? "is itself reached through another host" : "is neither taken nor in the inventory";
  throw new Refused("proxy-jump", `Its bastion ${bastion} ${why}.`);
}

function refusedLines({ sections, faults }: ParsedConfig): ImportPlan["refused"] {
  const syntax = faults.map(({ line, message }) => ({
    line,
    name: null,
    reason: "syntax" as const,
    message,
  }));
  const matches = sections
    .filter(({ kind }) => kind === "match")
    .map(({ line }) => ({
      line,
      name: null,
      reason: "match" as const,
      message: "A Match section depends on the machine that reads it; its settings are left out.",
    }));
  const includes = sections
    .flatMap(({ settings }) => settings)
    .filter(({ keyword }) => keyword === "include")
    .map(({ line }) => ({
      line,
      name: null,
      reason: "include" as const,
      message: "An included file is not in this text; import it by itself.",
    }));
  return [...syntax, ...matches, ...includes];
}

function ignoredSettings({ sections }: ParsedConfig): ImportPlan["ignored"] {
  return sections
    .filter(({ kind }) => kind !== "match")
    .flatMap(({ settings }) => settings)
    .filter(({ keyword }) => !understood.has(keyword))
    .map(({ line, keyword }) => ({ line, keyword }));
}
