import type { Packages } from "./dependencies.ts";
import { isExcluded } from "./files.ts";
import { isForbidden } from "./guards.ts";
import type { Selection } from "./plan.ts";
import type { Profile } from "./profiles.ts";
import type { Survey } from "./survey.ts";

export interface Reinstalled {
  name: string;
  version: string;
}

/**
 * Which packages are installed again so that their configuration is as packaged: where what is otherwise may be
 * touched, and where the very version can be had. Pure.
 */
export function chooseReinstalls(
  packages: Packages,
  survey: Survey,
  { conffiles, reinstalls }: Pick<Profile, "conffiles" | "reinstalls">,
  gone: ReadonlySet<string>,
  selection: Selection,
): { packages: Reinstalled[]; kept: { name: string; reason: string }[] } {
  const touched = Map.groupBy(
    survey.conffiles.filter(({ state }) => conffiles && state !== "as-packaged"),
    (file) => file.package,
  );
  const chosen: Reinstalled[] = [];
  const kept: { name: string; reason: string }[] = [];
  for (const name of [...new Set([...touched.keys(), ...reinstalls])].sort()) {
    const found = packages[name];
    if (!found?.installed || gone.has(name) || selection.packages.exclude.includes(name)) continue;
    const paths = (touched.get(name) ?? []).map(({ path }) => path);
    const guarded = paths.filter(isForbidden);
    const excluded = paths.filter((path) => isExcluded(path, selection));
    if (guarded.length > 0) {
      kept.push(...paths.map((path) => ({ name: path, reason: `No reset may touch ${guarded[0]}.` })));
    } else if (excluded.length > 0) {
      const others = paths.filter((path) => !excluded.includes(path));
      kept.push(...others.map((path) => ({ name: path, reason: `${excluded[0]} of ${name} is to stay.` })));
    } else if (!survey.available[name]?.includes(found.version)) {
      const reason = `${name} ${found.version} cannot be had from its package sources.`;
      kept.push(...(paths.length > 0 ? paths : [name]).map((each) => ({ name: each, reason })));
    } else chosen.push({ name, version: found.version });
  }
  return { packages: chosen, kept };
}
