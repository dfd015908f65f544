/** A configuration file of a package beside what the package brought. */
export interface Conffile {
  package: string;
  path: string;
  state: "as-packaged" | "changed" | "missing";
}

/**
 * @param listing of `dpkg-query -W -f 'package ${Package}\n${Conffiles}\n'`; obsolete ones, which the package has no
 * longer, are left out: a new installation brings nothing in their place.
 * @param sums of `md5sum` over those paths that exist.
 */
export function readConffiles(listing: string, sums: string): Conffile[] {
  const there = new Map<string, string>();
  for (const line of sums.split("\n")) {
    const [, sum, path] = /^([0-9a-f]{32}) [ *](\/.*)$/.exec(line) ?? [];
    if (sum !== undefined && path !== undefined) there.set(path, sum);
  }
  const found: Conffile[] = [];
  let owner = "";
  for (const line of listing.split("\n")) {
    owner = /^package (\S+)$/.exec(line)?.[1] ?? owner;
    const [, path, packaged] = /^ (\/.*) ([0-9a-f]{32})$/.exec(line) ?? [];
    if (path === undefined || owner === "") continue;
    const sum = there.get(path);
    const state = sum === undefined ? "missing" : sum === packaged ? "as-packaged" : "changed";
    found.push({ package: owner, path, state });
  }
  return found;
}

/**
 * How dpkg is told. `fresh` asks for changed files also where the package's text is the old one (confask), answers
 * with the package's (confnew), and puts back what was deleted (confmiss). confnew alone would leave a changed file
 * when the same version is installed again.
 * @see dpkg(1), --force-things
 */
export const conffileOptions = {
  fresh: ["--force-confask", "--force-confnew", "--force-confmiss"],
  keep: ["--force-confold"],
} as const;
export type ConffileMode = keyof typeof conffileOptions;
