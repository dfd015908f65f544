// Which addresses each subnet has, from names alone: a zone's letter and a tier's slot. Nothing depends on
// the order or the number of zones and tiers, so an edit moves only what is edited.

import type { Fault } from "../faults.ts";
import type { TierArgs, TierKind } from "./args.ts";

/** Zones a to h; each has an eighth of the VPC. */
export const ZONE_LETTERS = "abcdefgh";
/** Slots of a zone's block. */
export const SLOTS = 8;
/** AWS takes VPCs up to /16; below /22 a slot would be smaller than its smallest subnet, /28. */
const PREFIXES = { widest: 16, narrowest: 22 };

export const DEFAULT_TIERS: Record<string, TierArgs> = {
  public: { kind: "public", slot: 0 },
  data: { kind: "isolated", slot: 1 },
  private: { kind: "private", slot: 4, span: 4 },
};

export interface PlannedSubnet {
  /** `tier-zone`, which is unique and stable. */
  key: string;
  tier: string;
  kind: TierKind;
  zone: string;
  /** IPv4 range. */
  cidr: string;
  /** Which /64 of the VPC's IPv6 range it has, 0 to 63. */
  ipv6Index: number;
}

export interface CidrBlock {
  /** First address as a number. */
  start: number;
  prefix: number;
}

/** @returns nothing for what is no IPv4 range or whose address is not its first. */
export function parseCidr(text: string): CidrBlock | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || prefix > 32) return undefined;
  const start = ((a * 256 + b) * 256 + c) * 256 + d;
  return start % size(prefix) === 0 ? { start, prefix } : undefined;
}

export function formatCidr({ start, prefix }: CidrBlock): string {
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${parts.join(".")}/${prefix}`;
}

/** Whether two ranges share an address. */
export function overlap(a: CidrBlock, b: CidrBlock): boolean {
  return a.start < b.start + size(b.prefix) && b.start < a.start + size(a.prefix);
}

/** Subnets of a checked network, by zone, then slot. */
export function planSubnets(cidr: string, zones: readonly string[], tiers: Record<string, TierArgs>) {
  const vpc = parseCidr(cidr)!;
  const zonePrefix = vpc.prefix + Math.log2(ZONE_LETTERS.length);
  const slotPrefix = zonePrefix + Math.log2(SLOTS);
  return [...zones].sort().flatMap((zone): PlannedSubnet[] => {
    const zoneIndex = ZONE_LETTERS.indexOf(zone.slice(-1));
    const zoneStart = vpc.start + zoneIndex * size(zonePrefix);
    return Object.entries(tiers)
      .sort(([, a], [, b]) => a.slot - b.slot)
      .map(([tier, { kind, slot, span = 1 }]) => ({
        key: `${tier}-${zone}`,
        tier,
        kind,
        zone,
        cidr: formatCidr({
          start: zoneStart + slot * size(slotPrefix),
          prefix: slotPrefix - Math.log2(span),
        }),
        ipv6Index: zoneIndex * SLOTS + slot,
      }));
  });
}

/** The n-th /64 of a /56, in the notation that AWS answers. */
export function ipv6Subnet(block: string, index: number): string {
  const groups = block.replace(/::\/56$/, "").split(":");
  while (groups.length < 4) groups.push("0");
  const fourth = Number.parseInt(groups[3]!, 16) - (Number.parseInt(groups[3]!, 16) % 256) + index;
  return `${groups.slice(0, 3).join(":")}:${fourth.toString(16)}::/64`;
}

export function checkCidr(field: string, cidr: string): Fault[] {
  const block = parseCidr(cidr);
  const allowed = `an IPv4 range from /${PREFIXES.widest} to /${PREFIXES.narrowest} that begins at its first address`;
  return !block || block.prefix < PREFIXES.widest || block.prefix > PREFIXES.narrowest
    ? [{ field, value: cidr, allowed }]
    : [];
}

export function checkTiers(tiers: Record<string, TierArgs>): Fault[] {
  const faults: Fault[] = [];
  const taken = new Map<number, string>();
  for (const [name, { slot, span = 1 }] of Object.entries(tiers)) {
    const field = `tiers.${name}`;
    if (!/^[a-z][a-z0-9]{0,19}$/.test(name)) {
      faults.push({ field, value: name, allowed: "a name of 1 to 20 small letters and digits" });
    }
    if (![1, 2, 4].includes(span)) {
      faults.push({ field: `${field}.span`, value: span, allowed: "1, 2 or 4" });
      continue;
    }
    if (!Number.isInteger(slot) || slot < 0 || slot + span > SLOTS || slot % span !== 0) {
      const allowed = `a multiple of its span from 0 to ${SLOTS - span}`;
      faults.push({ field: `${field}.slot`, value: slot, allowed });
      continue;
    }
    const slots = Array.from({ length: span }, (_, at) => slot + at);
    const holder = slots.map((at) => taken.get(at)).find((other) => other !== undefined);
    if (holder !== undefined) {
      faults.push({ field: `${field}.slot`, value: slot, allowed: `slots that ${holder} does not have` });
    }
    for (const at of slots) taken.set(at, name);
  }
  return faults;
}

function size(prefix: number): number {
  return 2 ** (32 - prefix);
}
