/** `[epoch:]upstream[-revision]`. @see https://www.debian.org/doc/debian-policy/ch-controlfields.html#version */
export const versionPattern = /^(?:\d{1,9}:)?\d[A-Za-z0-9.+~-]{0,127}$/;
/** @see https://www.debian.org/doc/debian-policy/ch-controlfields.html#source */
export const packagePattern = /^[a-z0-9][a-z0-9+.-]{1,127}$/;

export interface Available {
  version: string;
  /** Where it comes from, as apt says it. */
  source: string;
}

/** Rows of `apt-cache madison NAME`, newest first as apt has them; each version once. */
export function readMadison(output: string): Available[] {
  const found = new Map<string, Available>();
  for (const line of output.split("\n")) {
    const [, version, source] = line.split("|").map((part) => part.trim());
    if (version && source && versionPattern.test(version) && !found.has(version))
      found.set(version, { version, source });
  }
  return [...found.values()];
}

/** Below zero: `a` is older. The same order as dpkg's. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(":");
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? "" : rest.slice(dash + 1),
  };
}

/** Runs of other characters and of digits by turns; `~` is before the end, the end before letters, they before signs. */
function compareParts(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while (isOther(a[i]) || isOther(b[j])) {
      const order = rank(a[i]) - rank(b[j]);
      if (order !== 0) return order;
      i++;
      j++;
    }
    const [x, y] = [/^\d*/.exec(a.slice(i))?.[0] ?? "", /^\d*/.exec(b.slice(j))?.[0] ?? ""];
    const order = BigInt(x || 0) - BigInt(y || 0);
    if (order !== 0n) return order < 0n ? -1 : 1;
    i += x.length;
    j += y.length;
  }
  return 0;
}

function isOther(char: string | undefined): boolean {
  return char !== undefined && !/\d/.test(char);
}

function rank(char: string | undefined): number {
  if (char === "~") return -1;
  if (char === undefined || /\d/.test(char)) return 0;
  return char.charCodeAt(0) + (/[A-Za-z]/.test(char) ? 0 : 256);
}
