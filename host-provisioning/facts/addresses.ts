/** Where a listening socket can be reached from. */
export type Scope = "loopback" | "private" | "public" | "any";

/** `0100007F` as `127.0.0.1`: the kernel prints the number as its processor holds it, least byte first. */
export function ipv4Of(hex: string): string | null {
  if (!/^[0-9A-F]{8}$/i.test(hex)) return null;
  return bytesOf(hex).reverse().join(".");
}

/** 32 digits in the order of the network, as in if_inet6. */
export function ipv6Of(hex: string): string | null {
  if (!/^[0-9a-f]{32}$/i.test(hex)) return null;
  const groups = (hex.toLowerCase().match(/.{4}/g) as string[]).map((group) => group.replace(/^0{1,3}/, ""));
  if (/^0{20}ffff/i.test(hex)) return `::ffff:${bytesOf(hex.slice(24)).join(".")}`;
  return shorten(groups);
}

/** An address of /proc/net/tcp or tcp6: four bytes at a time, least first. */
export function socketAddressOf(hex: string): string | null {
  if (hex.length === 8) return ipv4Of(hex);
  if (!/^[0-9A-F]{32}$/i.test(hex)) return null;
  const swapped = (hex.match(/.{8}/g) as string[]).map((word) =>
    (word.match(/../g) as string[]).reverse().join(""),
  );
  return ipv6Of(swapped.join(""));
}

/** Length of a mask such as `00FFFFFF`; null: no mask. */
export function prefixOf(mask: string): number | null {
  if (!/^[0-9A-F]{8}$/i.test(mask)) return null;
  return bytesOf(mask).reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
}

/** Whether an IPv4 address lies in `10.0.0.0/8`. */
export function isWithin(address: string, network: string): boolean {
  const [base = "", length = ""] = network.split("/");
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(base) / size);
}

export function scopeOf(address: string): Scope {
  const plain = address.replace(/^::ffff:/, "");
  if (plain === "0.0.0.0" || plain === "::") return "any";
  if (plain === "::1" || plain.startsWith("127.")) return "loopback";
  const networks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"];
  const isPrivate = plain.includes(":")
    ? /^f[cd]|^fe[89ab]/.test(plain)
    : networks.some((network) => isWithin(plain, network));
  return isPrivate ? "private" : "public";
}

function bytesOf(hex: string): number[] {
  return (hex.match(/../g) as string[]).map((byte) => Number.parseInt(byte, 16));
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The longest run of zero groups, of two at least, becomes `::`: RFC 5952. */
function shorten(groups: string[]): string {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === "0") length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at < 0) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}
