// The order of routes on a shared listener, from each route alone: another route never renumbers it.

/** AWS takes 1 to 50000. */
const BANDS = 10;
const BAND_SIZE = 5000;

export interface RouteShape {
  hosts?: readonly string[];
  paths?: readonly string[];
}

/**
 * The priority of a route: more specific routes are asked first, and within a band the name decides. Two
 * names fall on one number once in 5,000 pairs; AWS refuses that, and `priority` of the route settles it.
 *
 * @param name unique on the listener, such as `service-route`.
 */
export function rulePriority(name: string, route: RouteShape): number {
  return 1 + specificityBand(route) * BAND_SIZE + (hash(name) % BAND_SIZE);
}

/** 0 is the most specific: exact host and deep exact path; 9 takes everything. */
export function specificityBand({ hosts = [], paths = [] }: RouteShape): number {
  const host = hosts.length === 0 ? 0 : hosts.some((text) => text.includes("*")) ? 1 : 2;
  const depth = paths.length === 0 ? 0 : Math.min(...paths.map(pathDepth));
  return BANDS - 1 - Math.min(BANDS - 1, host * 3 + depth);
}

/** 0 for `/*`, 1 for `/api/*`, 2 for deeper patterns, 3 for an exact path. */
function pathDepth(path: string): number {
  if (!path.includes("*") && !path.includes("?")) return 3;
  return Math.min(2, path.split("/").filter((part) => part !== "" && part !== "*").length);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
