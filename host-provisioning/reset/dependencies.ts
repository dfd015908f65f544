import type { Facts } from "../facts/index.ts";

export type Packages = Facts["software"]["packages"];

/** What needs what among the installed packages. */
export class Dependencies {
  readonly #packages: Packages;
  /** By name or by what is provided under it. */
  readonly #providers = new Map<string, string[]>();

  constructor(packages: Packages) {
    this.#packages = packages;
    for (const [key, { name, installed, provides }] of Object.entries(packages)) {
      if (!installed) continue;
      for (const each of new Set([key, name, ...provides.map(bareName)])) {
        this.#providers.set(each, [...(this.#providers.get(each) ?? []), key]);
      }
    }
  }

  /** Of each need of a package, the installed ones that meet it; one is enough. */
  needsOf(key: string, { recommends = false } = {}): string[][] {
    const found = this.#packages[key];
    if (!found?.installed) return [];
    const needs = recommends ? [...found.depends, ...found.recommends] : found.depends;
    return needs
      .map((need) => need.split("|").flatMap((each) => this.#providers.get(bareName(each)) ?? []))
      .filter((each) => each.length > 0);
  }

  /** The given ones and all that they need. */
  closure(roots: Iterable<string>, options?: { recommends: boolean }): Set<string> {
    const reached = new Set<string>();
    const open = [...roots];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      if (reached.has(key) || !this.#packages[key]?.installed) continue;
      reached.add(key);
      open.push(...this.needsOf(key, options).flat());
    }
    return reached;
  }

  /** What of `kept` could no longer work once `gone` is away, with what it would lack. */
  broken(gone: ReadonlySet<string>, kept: Iterable<string>): { key: string; lacks: string[] }[] {
    return [...kept].flatMap((key) => {
      const lacks = this.needsOf(key)
        .filter((choices) => choices.every((each) => gone.has(each)))
        .flat();
      return lacks.length > 0 ? [{ key, lacks: [...new Set(lacks)] }] : [];
    });
  }
}

/** By package, those that name it among what they need. Pure. */
export function dependentsOf(packages: Packages): Map<string, string[]> {
  const dependencies = new Dependencies(packages);
  const found = new Map<string, string[]>();
  for (const key of Object.keys(packages).sort())
    for (const need of new Set(dependencies.needsOf(key).flat()))
      found.set(need, [...(found.get(need) ?? []), key]);
  return found;
}

/** `libc6:any (>= 2.36)` is libc6. */
function bareName(need: string): string {
  return need.trim().replace(/[\s(:].*$/s, "");
}
