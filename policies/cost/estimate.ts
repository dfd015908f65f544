import type { RecordedGraph } from "../evaluate.ts";
import { guard, Undecidable } from "../known.ts";
import type { Props } from "../rule.ts";
import { describePrices, type Price, type PriceTable } from "./prices.ts";

type GraphResource = RecordedGraph["resources"][number];

export interface CostItem {
  urn: string;
  type: string;
  name: string;
  /** What is paid for. */
  item: string;
  /** In the table's currency. */
  monthly: number;
}

/** Something whose cost the estimate does not have. */
export interface Uncosted {
  urn: string;
  type: string;
  name: string;
  reason: string;
}

export interface Estimate {
  currency: string;
  /** The table: its name, the day of its oldest price, and whether it is an example. */
  prices: string;
  /** Sum of the items: what is paid without any use. */
  monthly: number;
  /** Dearest first. */
  items: CostItem[];
  /** Resources that cost by use alone. */
  byUse: number;
  /** Resources whose cost is not known; the sum is then too small. */
  unknown: Uncosted[];
}

/** What a stack costs in a month before any use: no traffic, no requests, no discount. */
export function estimate(graph: RecordedGraph, table: PriceTable): Estimate {
  const byUrn = new Map(graph.resources.map((resource) => [resource.urn, resource]));
  const byType = Map.groupBy(table.prices, ({ type }) => type);
  const [byUse, free] = [matcher(table.byUse), matcher(table.free)];
  const items: CostItem[] = [];
  const unknown: Uncosted[] = [];
  let used = 0;
  for (const resource of graph.resources.filter(
    ({ custom, read }) => custom !== false && read === undefined,
  )) {
    const { urn, type, name } = resource;
    const all = byType.get(type);
    if (byUse(type)) used += 1;
    else if (!all && !free(type))
      unknown.push({ urn, type, name, reason: "the table has no price for its type" });
    for (const price of all ?? []) {
      const cost = costOf(resource, price, table.hoursInMonth, byUrn);
      if (typeof cost === "string") unknown.push({ urn, type, name, reason: `${price.item}: ${cost}` });
      else if (cost > 0) items.push({ urn, type, name, item: price.item, monthly: cost });
    }
  }
  return {
    currency: table.currency,
    prices: describePrices(table),
    monthly: items.reduce((sum, { monthly }) => sum + monthly, 0),
    items: items.sort((a, b) => b.monthly - a.monthly || (a.urn < b.urn ? -1 : 1)),
    byUse: used,
    unknown,
  };
}

export interface CostChange {
  currency: string;
  /** The price table's name. */
  prices: string;
  before: number;
  after: number;
  /** Items that differ, greatest difference first; of one that is new or gone the other side is 0. */
  items: { urn: string; name: string; item: string; before: number; after: number }[];
  unknown: Uncosted[];
}

/** What a change makes dearer and cheaper, both estimated by the same table. */
export function costOfChange(old: Estimate, now: Estimate): CostChange {
  const changes = new Map<string, CostChange["items"][number]>();
  const note = (side: "before" | "after") => (each: CostItem) => {
    const key = `${each.urn} ${each.item}`;
    const { urn, name, item, monthly } = each;
    const change = changes.get(key) ?? { urn, name, item, before: 0, after: 0 };
    changes.set(key, { ...change, [side]: change[side] + monthly });
  };
  old.items.forEach(note("before"));
  now.items.forEach(note("after"));
  const size = ({ before: from, after: to }: CostChange["items"][number]) => Math.abs(to - from);
  return {
    currency: now.currency,
    prices: now.prices,
    before: old.monthly,
    after: now.monthly,
    items: [...changes.values()].filter((each) => size(each) > 0).sort((a, b) => size(b) - size(a)),
    unknown: now.unknown,
  };
}

/** The cost in a month, or why it is not known. */
function costOf(...given: Parameters<typeof workOut>): number | string {
  try {
    return workOut(...given);
  } catch (error) {
    if (error instanceof Undecidable) return error.message;
    throw error;
  }
}

/** @throws Undecidable where the cost is made from what a preview does not know */
function workOut(
  resource: GraphResource,
  { hourly, monthly, by, when, times }: Price,
  hoursInMonth: number,
  byUrn: Map<string, GraphResource>,
): number | string {
  const read = (path: string) => valueAt(resource, path, byUrn);
  if (!when.every(({ input, is, otherwise }) => (read(input) ?? otherwise) === is)) return 0;
  const rates = hourly ?? monthly!;
  const keys = by === undefined ? [] : [by].flat();
  const key = keys.map(read).find((each) => each !== undefined && each !== null);
  const rate = typeof rates === "number" ? rates : rates[String(key)];
  if (rate === undefined)
    return key === undefined
      ? `${keys.join(" or ")} is not given`
      : `no price for ${keys.join(" or ")} ${String(key)}`;
  let cost = hourly === undefined ? rate : rate * hoursInMonth;
  for (const { input, otherwise, scale } of times) {
    const given = read(input) ?? otherwise;
    const amount = given === null || given === "" ? Number.NaN : Number(given);
    if (Number.isNaN(amount))
      return `${input} is ${given === undefined ? "not given" : JSON.stringify(given)}`;
    cost *= amount * scale;
  }
  return cost;
}

/** The value at a path of inputs; `->` goes on at the resource that the input refers to. */
function valueAt(resource: GraphResource, path: string, byUrn: Map<string, GraphResource>): Props {
  const [here = "", ...rest] = path.split("->");
  if (rest.length > 0) {
    const [first = ""] = here.split(".");
    const other = (resource.references?.[first] ?? [])
      .map((urn) => byUrn.get(urn))
      .find((each) => each && each.custom !== false);
    return other && valueAt(other, rest.join("->"), byUrn);
  }
  return here.split(".").reduce<Props>((at, step) => {
    if (Array.isArray(at) && step === "length") return at.length;
    return typeof at === "object" && at !== null ? at[step] : undefined;
  }, guard(resource.inputs));
}

function matcher(types: string[]): (type: string) => boolean {
  const exact = new Set(types.filter((type) => !type.endsWith("*")));
  const beginnings = types.filter((type) => type.endsWith("*")).map((type) => type.slice(0, -1));
  return (type) => exact.has(type) || beginnings.some((beginning) => type.startsWith(beginning));
}
