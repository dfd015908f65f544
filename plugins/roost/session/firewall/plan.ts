/** A place that sessions may reach though it is none of the internet: the API, or what a setting names. */
export interface Endpoint {
  /** IPv4; or, without a port, a network such as 10.1.0.0/16. */
  address: string;
  /** TCP. Default: every port, by every protocol. */
  port?: number;
}

/** What sessions of both kinds may reach beside the internet. */
export interface Reach {
  endpoints: Endpoint[];
  /** Of this machine, IPv4 and IPv6. */
  nameservers: string[];
}

/** A session that is a process, by what the kernel knows it by. */
export interface SessionUser {
  uid: number;
  /** Its own loopback address. */
  address: string;
}

/** Not of the internet: other machines here, containers, and where clouds give out credentials. */
const privateNetworks =
  "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3";
const privateNetworks6 = "::1/128, fc00::/7, fe80::/10, ff00::/8";

/** Before the filters of others, whose own refusals stay: what is accepted here goes on to them. */
const priority = -10;

/**
 * The table that keeps sessions with users of their own apart: each reaches its own address, name servers, the
 * internet and what it was given beside it, and answers at its own address alone, so that none can pretend to be
 * another. The whole table is replaced in one step.
 */
export function processTable(name: string, sessions: SessionUser[], reach: Reach): string {
  const own = sessions.map(({ uid, address }) => `${uid} . ${address}`);
  return replace(
    name,
    `${set("users", "uid", [...new Set(sessions.map(({ uid }) => String(uid)))])}
${set("own", "uid . ipv4_addr", own)}
${reachSets(reach)}
  chain output {
    type filter hook output priority ${priority}; policy accept;
    meta skuid @users jump session
  }
  chain session {
    ct direction reply meta skuid . ip saddr @own accept
    ct direction reply jump refuse
    ct state established,related accept
    meta skuid . ip daddr @own accept
    ip daddr @nameservers meta l4proto { tcp, udp } th dport 53 accept
    ip6 daddr @nameservers6 meta l4proto { tcp, udp } th dport 53 accept
    ip daddr . tcp dport @endpoints accept
    ip daddr @networks accept
    fib daddr type { local, broadcast, anycast, multicast } jump refuse
    ip daddr { ${privateNetworks} } jump refuse
    ip6 daddr { ${privateNetworks6} } jump refuse
  }
${refuseChain}`,
  );
}

/**
 * The table that keeps sessions in containers on one bridge apart: from each other, from this machine but for what
 * they were given, and from the machines and containers around it. Only this machine reaches them.
 * @param bridge name of the network interface that they share
 */
export function bridgeTable(name: string, bridge: string, reach: Reach): string {
  return replace(
    name,
    `${reachSets(reach)}
  chain input {
    type filter hook input priority ${priority}; policy accept;
    iifname "${bridge}" jump machine
  }
  chain machine {
    ct state established,related accept
    ip daddr . tcp dport @endpoints accept
    jump refuse
  }
  chain forward {
    type filter hook forward priority ${priority}; policy accept;
    iifname "${bridge}" oifname "${bridge}" jump refuse
    iifname "${bridge}" jump away
    oifname "${bridge}" ct state established,related accept
    oifname "${bridge}" jump refuse
  }
  chain away {
    ct state established,related accept
    meta l4proto { tcp, udp } th dport 53 accept
    ip daddr . tcp dport @endpoints accept
    ip daddr @networks accept
    ip daddr { ${privateNetworks} } jump refuse
    ip6 daddr { ${privateNetworks6} } jump refuse
  }
${refuseChain}`,
  );
}

/** Removes a table, also one that is not there. */
export function noTable(name: string): string {
  return `table inet ${name} {}\ndelete table inet ${name}\n`;
}

/** What is refused is told at once: nobody waits for an answer that never comes. */
const refuseChain = `  chain refuse {
    meta l4proto tcp counter reject with tcp reset
    counter reject with icmpx type admin-prohibited
  }`;

function replace(name: string, body: string): string {
  return `${noTable(name)}table inet ${name} {\n${body}\n}\n`;
}

function reachSets({ endpoints, nameservers }: Reach): string {
  const isNarrow = (each: Endpoint): each is Required<Endpoint> => each.port !== undefined;
  const narrow = endpoints.filter(isNarrow).map(({ address, port }) => `${address} . ${port}`);
  const wide = endpoints.filter((each) => !isNarrow(each)).map(({ address }) => address);
  return [
    set("endpoints", "ipv4_addr . inet_service", narrow),
    set("networks", "ipv4_addr", wide, "flags interval; auto-merge;"),
    set(
      "nameservers",
      "ipv4_addr",
      nameservers.filter((each) => !each.includes(":")),
    ),
    set(
      "nameservers6",
      "ipv6_addr",
      nameservers.filter((each) => each.includes(":")),
    ),
  ].join("\n");
}

function set(name: string, type: string, elements: string[], flags?: string): string {
  const unique = [...new Set(elements)];
  const parts = [`type ${type};`, flags, unique.length > 0 && `elements = { ${unique.join(", ")} };`];
  return `  set ${name} { ${parts.filter(Boolean).join(" ")} }`;
}
