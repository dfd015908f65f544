// What a person chooses of a reset's preview: pure, so that it is tested without a browser.

/** @typedef {{kind: string, type: string, path: string, bytes: number}} Change */
/**
 * @typedef {object} Node a folder with what changes below it, or a path that changes
 * @property {string} name below the folder above; folders with one thing in them are said in one line
 * @property {string} path
 * @property {string | null} kind removed, changed, created or touched; null: only what is below changes
 * @property {number} bytes that go with it and what is below
 * @property {string[]} leaves removed paths of it and below that nothing removed lies below
 * @property {Node[]} children the largest first
 */

/**
 * @param {readonly Change[]} changes
 * @returns {Node[]}
 */
export function treeOf(changes) {
  /** @typedef {{change?: Change, below: Map<string, Branch>}} Branch */
  /** @type {Branch} */
  const root = { below: new Map() };
  for (const change of changes) {
    let branch = root;
    for (const name of change.path.split("/").slice(1)) {
      const next = branch.below.get(name) ?? { below: new Map() };
      branch.below.set(name, next);
      branch = next;
    }
    branch.change = change;
  }
  /** @type {(name: string, path: string, branch: Branch) => Node} */
  const grow = (name, path, { change, below }) => {
    const children = [...below].map(([each, branch]) => grow(each, `${path}/${each}`, branch));
    const found = children.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
    const [only] = found;
    if (only && found.length === 1 && (change === undefined || change.kind === "touched"))
      return { ...only, name: `${name}/${only.name}` };
    const leaves = found.flatMap((child) => child.leaves);
    const isRemoved = change?.kind === "removed";
    return {
      name,
      path,
      kind: change?.kind ?? null,
      bytes: found.reduce((sum, { bytes }) => sum + bytes, isRemoved ? change.bytes : 0),
      leaves: isRemoved && leaves.length === 0 ? [path] : leaves,
      children: found,
    };
  };
  const top = grow("", "", root);
  return top.path === "" ? top.children.map((node) => ({ ...node, name: `/${node.name}` })) : [top];
}

/**
 * A path of which the preview tells nothing, since it stays.
 * @param {string} path
 * @returns {Node}
 */
export function leafOf(path) {
  return { name: path, path, kind: null, bytes: 0, leaves: [path], children: [] };
}

/** What a person wants otherwise than the profile. */
export class Choice {
  packages = {
    include: /** @type {Set<string>} */ (new Set()),
    exclude: /** @type {Set<string>} */ (new Set()),
  };
  paths = {
    include: /** @type {Set<string>} */ (new Set()),
    exclude: /** @type {Set<string>} */ (new Set()),
  };

  /**
   * @param {"packages" | "paths"} of
   * @param {readonly string[]} names
   * @param {boolean} goes
   */
  set(of, names, goes) {
    const { include, exclude } = this[of];
    for (const name of names) {
      if (!goes) {
        include.delete(name);
        exclude.add(name);
      } else if (!exclude.delete(name)) include.add(name);
    }
  }

  /**
   * Of several paths, whether all go, none does, or some do.
   * @param {Node} node
   * @returns {"all" | "none" | "some"}
   */
  stateOf({ leaves }) {
    const stay = leaves.filter((path) => this.paths.exclude.has(path)).length;
    return stay === 0 ? "all" : stay === leaves.length ? "none" : "some";
  }

  /** @param {string} host @param {string} profile */
  request(host, profile) {
    const listed = (/** @type {{include: Set<string>, exclude: Set<string>}} */ { include, exclude }) => ({
      include: [...include],
      exclude: [...exclude],
    });
    return { host, profile, packages: listed(this.packages), paths: listed(this.paths) };
  }
}
