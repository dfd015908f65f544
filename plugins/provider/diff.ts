import { isArchive, isAsset, isRecord, type Properties, Secret, unknown, type Value } from "./values.ts";

export type ChangeKind = "add" | "delete" | "update";

export interface PropertyChange {
  kind: ChangeKind;
  /** True when this change can only be made by replacing the resource. */
  replace: boolean;
}

export interface Diff {
  /** Changes by property path, such as `environment.NAME` or `triggers[0]`. Empty: nothing changed. */
  changes: Record<string, PropertyChange>;
  /** Delete the old resource before its replacement is created. Default: after. */
  deleteBeforeReplace?: boolean;
}

/**
 * Compares two sets of inputs. Secrecy alone is no change; an unknown new value is one.
 * @param replaceOn top-level names whose change replaces the resource
 */
export function diffInputs(old: Properties, inputs: Properties, replaceOn: readonly string[] = []): Diff {
  const changes: Diff["changes"] = {};
  for (const name of new Set([...Object.keys(old), ...Object.keys(inputs)])) {
    const replace = replaceOn.includes(name);
    for (const [path, kind] of compare(pathKey("", name), old[name], inputs[name])) {
      changes[path] = { kind, replace };
    }
  }
  return { changes };
}

type Found = [path: string, kind: ChangeKind];

function compare(path: string, oldValue: Value | undefined, newValue: Value | undefined): Found[] {
  const a = open(oldValue);
  const b = open(newValue);
  if (isAbsent(a) && isAbsent(b)) return [];
  if (isAbsent(a)) return [[path, "add"]];
  if (isAbsent(b)) return [[path, "delete"]];
  if (b === unknown || a === unknown) return [[path, "update"]];
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, index) => compare(`${path}[${index}]`, a[index], b[index])).flat();
  }
  if ((isAsset(a) && isAsset(b)) || (isArchive(a) && isArchive(b))) {
    return sameContent(a, b) ? [] : [[path, "update"]];
  }
  if (isRecord(a) && isRecord(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return names.flatMap((name) => compare(pathKey(path, name), a[name], b[name]));
  }
  return a === b ? [] : [[path, "update"]];
}

/** Assets are their content: a moved file is no change, and the engine has already hashed what it sends. */
export function sameContent(a: { [name: string]: Value | undefined }, b: typeof a): boolean {
  if (typeof a.hash === "string" && a.hash !== "" && b.hash) return a.hash === b.hash;
  return JSON.stringify(a) === JSON.stringify(b);
}

function open(value: Value | undefined): Value | undefined {
  return value instanceof Secret ? open(value.value) : value;
}

function isAbsent(value: Value | undefined): value is null | undefined {
  return value === undefined || value === null;
}

function pathKey(path: string, name: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}
