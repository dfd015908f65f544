import type { FileClass } from "./survey.ts";

/** A package of a manager beside the system's own. */
export interface OtherPackage {
  manager: "snap" | "flatpak" | "pipx" | "pip" | "npm";
  name: string;
  version: string | null;
  /** Where it lies, or what tells that it is there. */
  path: string;
  /** The files that it goes with; null: no reset takes it away. */
  class: FileClass | null;
  reason: string;
}

/** By what each manager has on the disk, without asking it. */
const signs: readonly (readonly [OtherPackage["manager"], RegExp])[] = [
  ["snap", /^\/var\/lib\/snapd\/snaps\/(?<name>[^/]+)_(?<version>[^/_]+)\.snap$/],
  ["flatpak", /\/flatpak\/app\/(?<name>[^/]+)$/],
  ["pipx", /\/pipx\/venvs\/(?<name>[^/]+)$/],
  ["pip", /\/(?:site|dist)-packages\/(?<name>[^/]+)-(?<version>[^/-]+)\.dist-info$/],
  ["npm", /\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)$/],
];

/** The package that a path stands for. Pure. */
export function readOther(path: string): OtherPackage[] {
  for (const [manager, sign] of signs) {
    const { name, version = null } = sign.exec(path)?.groups ?? {};
    if (name !== undefined) return [{ manager, name, version, path, ...fate(manager, path) }];
  }
  return [];
}

function fate(manager: OtherPackage["manager"], path: string): Pick<OtherPackage, "class" | "reason"> {
  if (manager === "snap") {
    const reason =
      "It is a mounted image: `snap remove` on the host takes it away, and `snap restore` brings its data back.";
    return { class: null, reason };
  }
  if (/^\/(usr\/local|opt)\//.test(path))
    return { class: "data", reason: "It lies where a deep reset takes all." };
  return { class: "user-package", reason: "It lies in files that belong to its manager alone." };
}
