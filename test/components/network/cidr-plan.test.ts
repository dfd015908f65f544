import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { TierArgs } from "../../../components/network/args.ts";
import {
  checkCidr,
  checkTiers,
  DEFAULT_TIERS,
  formatCidr,
  ipv6Subnet,
  overlap,
  parseCidr,
  planSubnets,
} from "../../../components/network/cidr-plan.ts";

describe("IPv4 ranges", () => {
  it.each([
    ["10.0.0.0/16", { start: 167772160, prefix: 16 }],
    ["0.0.0.0/0", { start: 0, prefix: 0 }],
    ["255.255.255.255/32", { start: 4294967295, prefix: 32 }],
    ["10.0.0.1/16", undefined],
    ["10.0.0.256/32", undefined],
    ["10.0.0.0/33", undefined],
    ["10.0.0.0", undefined],
    ["ten", undefined],
  ])("%s", (text, block) => {
    expect(parseCidr(text)).toEqual(block);
    if (block) expect(formatCidr(block)).toBe(text);
  });

  it.each([
    ["10.0.0.0/16", []],
    ["10.0.4.0/22", []],
    ["10.0.0.0/15", ["10.0.0.0/15"]],
    ["10.0.0.0/23", ["10.0.0.0/23"]],
    ["10.0.0.1/16", ["10.0.0.1/16"]],
  ])("%s for a VPC", (cidr, values) => {
    expect(checkCidr("cidr", cidr).map(({ value }) => value)).toEqual(values);
  });
});

describe("IPv6 subnets", () => {
  it.each([
    ["2001:db8:1234:1a00::/56", 0, "2001:db8:1234:1a00::/64"],
    ["2001:db8:1234:1a00::/56", 63, "2001:db8:1234:1a3f::/64"],
    ["2001:db8:1234::/56", 5, "2001:db8:1234:5::/64"],
  ])("%s number %i", (block, index, subnet) => {
    expect(ipv6Subnet(block, index)).toBe(subnet);
  });
});

describe("the plan of a network", () => {
  it("gives each zone an eighth, and each tier its slots of that", () => {
    const plan = planSubnets("10.0.0.0/16", ["eu-west-1b", "eu-west-1a"], DEFAULT_TIERS);
    expect(Object.fromEntries(plan.map(({ key, cidr, ipv6Index }) => [key, `${cidr} ${ipv6Index}`]))).toEqual(
      {
        "public-eu-west-1a": "10.0.0.0/22 0",
        "data-eu-west-1a": "10.0.4.0/22 1",
        "private-eu-west-1a": "10.0.16.0/20 4",
        "public-eu-west-1b": "10.0.32.0/22 8",
        "data-eu-west-1b": "10.0.36.0/22 9",
        "private-eu-west-1b": "10.0.48.0/20 12",
      },
    );
  });

  it("names tiers that overlap, are not aligned or do not fit", () => {
    const tiers = (tier: Partial<TierArgs>) => ({
      ...DEFAULT_TIERS,
      cache: { kind: "isolated" as const, slot: 2, ...tier },
    });
    expect(checkTiers(tiers({}))).toEqual([]);
    expect(checkTiers(tiers({ span: 2 }))).toEqual([]);
    expect(checkTiers(tiers({ slot: 1 }))[0]).toMatchObject({ field: "tiers.cache.slot", value: 1 });
    expect(checkTiers(tiers({ slot: 5 }))[0]?.allowed).toContain("private does not have");
    expect(checkTiers(tiers({ slot: 3, span: 2 }))[0]?.allowed).toContain("multiple of its span");
    expect(checkTiers(tiers({ slot: 8 }))[0]).toMatchObject({ value: 8 });
    expect(checkTiers(tiers({ span: 3 }))[0]).toMatchObject({ field: "tiers.cache.span", value: 3 });
    expect(checkTiers({ Cache: { kind: "isolated", slot: 2 } })[0]?.field).toBe("tiers.Cache");
  });

  // 400 networks × 25 edits: every subnet that is in both plans has the same addresses, none share any.
  it("moves nothing in 10,000 random edits of zones and tiers", () => {
    const letter = fc.constantFrom(..."abcdefgh");
    const edit = fc.oneof(
      fc.record({ zone: letter }),
      fc.record({ tier: fc.constantFrom("cache", "lambda", "ml"), slot: fc.constantFrom(2, 3) }),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(letter, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 16, max: 22 }),
        fc.array(edit, { minLength: 25, maxLength: 25 }),
        (letters, prefix, edits) => {
          const zones = letters.map((zone) => `eu-west-1${zone}`);
          const tiers: Record<string, TierArgs> = { ...DEFAULT_TIERS };
          const cidr = `10.64.0.0/${prefix}`;
          let before = planSubnets(cidr, zones, tiers);
          for (const change of edits) {
            apply(change, zones, tiers);
            const after = planSubnets(cidr, zones, tiers);
            const known = new Map(before.map((subnet) => [subnet.key, subnet]));
            for (const subnet of after) {
              const earlier = known.get(subnet.key);
              const moved = earlier && tiers[subnet.tier]?.slot !== earlier.ipv6Index % 8;
              if (earlier && !moved && JSON.stringify(subnet) !== JSON.stringify(earlier)) {
                throw new Error(`${subnet.key} moved from ${earlier.cidr} to ${subnet.cidr}`);
              }
            }
            const blocks = after.map((subnet) => parseCidr(subnet.cidr)!);
            const vpc = parseCidr(cidr)!;
            for (const [at, block] of blocks.entries()) {
              if (!overlap(block, vpc) || block.prefix > 28) throw new Error("outside the VPC or too small");
              if (blocks.slice(at + 1).some((other) => overlap(block, other))) throw new Error("overlap");
            }
            before = after;
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** Puts a zone or a tier in when it is missing, at an arbitrary place, and takes it out when it is there. */
function apply(
  change: { zone: string } | { tier: string; slot: number },
  zones: string[],
  tiers: Record<string, TierArgs>,
): void {
  if ("zone" in change) {
    const zone = `eu-west-1${change.zone}`;
    const at = zones.indexOf(zone);
    if (at < 0) zones.unshift(zone);
    else if (zones.length > 1) zones.splice(at, 1);
    return;
  }
  const { tier, slot } = change;
  if (tiers[tier]) delete tiers[tier];
  else if (!Object.values(tiers).some((other) => other.slot === slot))
    tiers[tier] = { kind: "isolated", slot };
}
