import type { PackageClass } from "./classify.ts";
import type { FileClass } from "./survey.ts";

export const profileNames = ["light", "medium", "deep", "nuclear"] as const;
export type ProfileName = (typeof profileNames)[number];

/** What a profile adds to the one before it. */
export interface Profile {
  name: ProfileName;
  summary: string;
  packages: PackageClass[];
  /** Settings of packages that are gone already. */
  leftovers: boolean;
  files: FileClass[];
  /** Settings files of people become those of a new user. */
  templates: boolean;
  /** Configuration of packages that stay becomes as packaged. */
  conffiles: boolean;
  /** Packages that are installed again, so that what manages packages is whole. */
  reinstalls: string[];
  /** People lose their accounts, and the machine is another one: its id and its host keys. */
  identity: boolean;
  /** Needs a second confirmation, bound to the plan. */
  needsConfirmation: boolean;
}

export const profiles: readonly Profile[] = [
  {
    name: "light",
    summary: "Caches, old temporary files, old logs and core dumps",
    packages: [],
    leftovers: false,
    files: ["apt-cache", "user-cache", "temporary", "old-log", "live-log", "coredump"],
    templates: false,
    conffiles: false,
    reinstalls: [],
    identity: false,
    needsConfirmation: false,
  },
  {
    name: "medium",
    summary:
      "Also packages that people installed for themselves, with apt or with flatpak, pip, pipx and npm, added package sources, shell settings of people",
    packages: ["user"],
    leftovers: false,
    files: ["source", "user-package"],
    templates: true,
    conffiles: false,
    reinstalls: [],
    identity: false,
    needsConfirmation: false,
  },
  {
    name: "deep",
    summary:
      "Also applications with their data, what packages left behind, schedules, settings and units that no package owns; configuration as packaged",
    packages: ["app"],
    leftovers: true,
    files: ["data", "schedule", "setting"],
    templates: false,
    conffiles: true,
    reinstalls: [],
    identity: false,
    needsConfirmation: false,
  },
  {
    name: "nuclear",
    summary:
      "Also everything else that the machine did not come with, people with their files, the machine's id and host keys",
    packages: ["auto"],
    leftovers: false,
    files: ["home"],
    templates: false,
    conffiles: false,
    reinstalls: ["dpkg", "apt"],
    identity: true,
    needsConfirmation: true,
  },
];

/** A profile with all that the ones before it do. */
export function wholeProfile(name: ProfileName): Profile {
  const parts = profiles.slice(0, profileNames.indexOf(name) + 1);
  const last = parts.at(-1) as Profile;
  return {
    ...last,
    packages: parts.flatMap(({ packages }) => packages),
    leftovers: parts.some(({ leftovers }) => leftovers),
    files: parts.flatMap(({ files }) => files),
    templates: parts.some(({ templates }) => templates),
    conffiles: parts.some(({ conffiles }) => conffiles),
    reinstalls: parts.flatMap(({ reinstalls }) => reinstalls),
  };
}
