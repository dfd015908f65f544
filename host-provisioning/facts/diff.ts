import type { Facts } from "./facts.ts";

export interface Change {
  /** Names from the outermost in: `["software", "packages", "nginx", "version"]`. */
  path: string[];
  kind: "added" | "removed" | "changed";
  before: unknown;
  after: unknown;
}

/** These differ between any two scans, though nobody changed anything. */
const volatile = new Set([
  "performance",
  "processes",
  "network.peers",
  "network.neighbours",
  "hardware.sensors",
  "hardware.power",
  "virtualization.evidence",
  "security.milliseconds",
  "details.filesystems",
  "details.logins",
  "details.neighbours6",
  "details.units",
]);

/**
 * What is otherwise in `after` than in `before`, in the order of names; measurements and what comes and goes by
 * itself left out. A thing that is new or gone is one change, whatever it holds; a list is compared as a whole.
 */
export function diffFacts(before: Facts, after: Facts): Change[] {
  // A quick scan looks at no security and no details: nothing is gone or new.
  const [old, now] = before.security && after.security ? [before, after] : [bare(before), bare(after)];
  return compare(old, now, []);
}

function bare({ security: _, details: __, ...facts }: Facts): Omit<Facts, "security" | "details"> {
  return facts;
}

function compare(before: unknown, after: unknown, path: string[]): Change[] {
  if (isVolatile(path)) return [];
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) => {
      const inner = [...path, name];
      const isOld = Object.hasOwn(before, name);
      const isNew = Object.hasOwn(after, name);
      if (isOld && isNew) return compare(before[name], after[name], inner);
      if (isVolatile(inner)) return [];
      return isNew
        ? [{ path: inner, kind: "added" as const, before: null, after: after[name] }]
        : [{ path: inner, kind: "removed" as const, before: before[name], after: null }];
    });
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, kind: "changed", before, after }];
}

function isVolatile(path: string[]): boolean {
  // How many use a module of the kernel.
  if (path[2] === "modules" && path[4] === "uses") return true;
  // It goes with the package's own.
  if (path[1] === "packages" && path[3] === "sourceVersion") return true;
  return path.length <= 2 && volatile.has(path.join("."));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
