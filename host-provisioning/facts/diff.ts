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
  // The open ports once more, in another order.
  "security.exposure",
  "details.filesystems",
  "details.logins",
  "details.neighbours6",
  "details.units",
]);

type Thing = Record<string, unknown>;

/** What tells the members of these lists apart: they are compared one by one. */
const nameOfMember: Record<string, (one: Thing) => string> = {
  "network.ports": ({ protocol, port, address }) => `${protocol}/${port} ${address}`,
  "security.judgements": ({ check }) => String(check),
  "security.vulnerabilities.findings": ({ id, source, fixed }) =>
    `${id ?? "update"} ${source} ${fixed ?? ""}`.trim(),
  "security.files.privileged": ({ path }) => String(path),
  "security.integrity.changed": ({ path }) => String(path),
  "details.authorizedKeys": ({ file, fingerprint }) => `${file} ${fingerprint}`,
  "details.schedule": ({ file, when, program }) => `${file} ${when} ${program}`,
  "details.software": ({ manager, path }) => `${manager} ${path}`,
};

/**
 * What is otherwise in `after` than in `before`, in the order of names; measurements and what comes and goes by
 * itself left out. A thing that is new or gone is one change, whatever it holds; a list is compared as a whole where nothing tells its members apart.
 */
export function diffFacts(before: Facts, after: Facts): Change[] {
  // A quick scan looks at no security and no details: nothing is gone or new.
  const isBoth = before.security && after.security;
  return isBoth ? compare(before, after, []) : compare(bare(before), bare(after), []);
}

function bare({ security: _, details: __, ...facts }: Facts): Omit<Facts, "security" | "details"> {
  return facts;
}

/** A list as an object by the names of its members; as it is where they have none, or not each one of its own. */
function byName(value: unknown, path: string[]): unknown {
  const nameOf = nameOfMember[path.join(".")];
  if (!nameOf || !Array.isArray(value) || !value.every(isObject)) return value;
  const found = new Map(value.map((one) => [nameOf(one), one]));
  return found.size === value.length ? Object.fromEntries(found) : value;
}

function compare(old: unknown, now: unknown, path: string[]): Change[] {
  if (isVolatile(path)) return [];
  const [before, after] = [byName(old, path), byName(now, path)];
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
  // The data of known faults is older by itself.
  if (path.join(".") === "security.vulnerabilities.sources") return true;
  // It goes with the package's own.
  if (path[1] === "packages" && path[3] === "sourceVersion") return true;
  return path.length <= 2 && volatile.has(path.join("."));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
