import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { invalid, RoostError } from "../errors.ts";

/** An entry of ROOST_OUTBOUND_ALLOW: a host's name, or a network; on one port or on all. */
export interface AllowRule {
  host?: string;
  network?: BlockList;
  port?: number;
}

/** Where a connection goes: the addresses are what was checked, and what must be connected to. */
export interface OutboundTarget {
  host: string;
  port: number;
  addresses: string[];
  /** Whether the operator named this host or network: only there is anything but https accepted. */
  allowed: boolean;
}

/** All addresses of a name, as the system resolves it. */
export type Lookup = (host: string) => Promise<string[]>;

const special: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const special4 = blockList(special, "ipv4");
/** Of IPv6 only global unicast is public, less what is for documentation or wraps an IPv4 address. */
const global6 = blockList([["2000::", 3]], "ipv6");
const special6 = blockList(
  [
    ["2001::", 23],
    ["2001:db8::", 32],
    ["2002::", 16],
    ["3fff::", 20],
  ],
  "ipv6",
);

/** Whether an address, in the form that the resolver gives, is on the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !special4.check(address, "ipv4");
  return isIP(address) === 6 && global6.check(address, "ipv6") && !special6.check(address, "ipv6");
}

/**
 * Reads ROOST_OUTBOUND_ALLOW: `git.lan`, `git.lan:8443`, `10.1.2.3`, `10.0.0.0/8:80`, `[fd00::1]:443`, `fd00::/8`.
 * @throws invalid naming the entry that is none of these.
 */
export function parseAllowRules(list: readonly string[]): AllowRule[] {
  return list.map((text) => {
    const { host, port } = splitPort(text.toLowerCase());
    const [address = "", prefix] = host.split("/");
    const family = isIP(address);
    if (family === 0) {
      if (prefix !== undefined || !/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(host)) {
        throw invalid(
          "ROOST_OUTBOUND_ALLOW",
          "expected hosts, addresses or networks such as 10.0.0.0/8:443",
          { given: text },
        );
      }
      return { host, port };
    }
    const widest = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? widest : Number(prefix);
    if (!Number.isInteger(bits) || bits < 0 || bits > widest) {
      throw invalid("ROOST_OUTBOUND_ALLOW", `expected a prefix of 0 to ${widest}`, { given: text });
    }
    return { network: blockList([[address, bits]], family === 4 ? "ipv4" : "ipv6"), port };
  });
}

/**
 * Resolves the host of `url` once and checks every address it has.
 * @param field the input that the url came from, for the error.
 * @throws invalid when any address is neither public nor allowed.
 */
export async function resolveOutbound(
  url: URL,
  options: { rules: readonly AllowRule[]; field: string; lookup?: Lookup },
): Promise<OutboundTarget> {
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const port = Number(url.port) || (url.protocol === "http:" ? 80 : 443);
  const rules = options.rules.filter((rule) => rule.port === undefined || rule.port === port);
  const addresses = isIP(host) ? [host] : await resolve(host, options);
  const named = rules.some((rule) => rule.host === host);
  const allowed = addresses.map((address) => named || rules.some((rule) => contains(rule, address)));
  if (addresses.some((address, index) => !allowed[index] && !isPublicAddress(address))) {
    throw invalid(options.field, `${host} is not on the public internet, and not in ROOST_OUTBOUND_ALLOW`);
  }
  return { host, port, addresses, allowed: allowed.every(Boolean) };
}

async function resolve(host: string, options: { field: string; lookup?: Lookup }): Promise<string[]> {
  const found = await (options.lookup ?? lookupAll)(host).catch((cause) => {
    throw new RoostError("invalid", `${options.field}: ${host} cannot be resolved`, {
      faults: [{ field: options.field, message: `${host} cannot be resolved` }],
      cause,
    });
  });
  // A link-local answer carries a zone; it is refused like any other such address.
  const addresses = found.map((address) => address.replace(/%.*$/, ""));
  if (addresses.length === 0) throw invalid(options.field, `${host} has no address`);
  return addresses;
}

async function lookupAll(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true })).map(({ address }) => address);
}

function contains(rule: AllowRule, address: string): boolean {
  return rule.network?.check(address, isIP(address) === 4 ? "ipv4" : "ipv6") ?? false;
}

function splitPort(text: string): { host: string; port?: number } {
  const bracketed = /^\[([0-9a-f:.]+(?:\/\d+)?)\](?::(\d{1,5}))?$/.exec(text);
  // Without brackets a text with two colons is an IPv6 address, all of it.
  const plain = /^([^:]+):(\d{1,5})$/.exec(text);
  const [, host = text, port] = bracketed ?? plain ?? [];
  return { host, port: port === undefined ? undefined : Number(port) };
}

function blockList(networks: readonly [string, number][], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}
