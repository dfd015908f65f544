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
    needsConfirmation: false,
  },
  {
    name: "medium",
    summary:
      "Also packages that people installed for themselves, added package sources, shell settings of people",
    packages: ["user"],
    leftovers: false,
    files: ["source"],
    templates: true,
    needsConfirmation: false,
  },
  {
    name: "deep",
    summary:
      "Also applications with their data, what packages left behind, schedules, settings that no package owns",
    packages: ["app"],
    leftovers: true,
    files: ["data", "schedule", "setting"],
    templates: false,
    needsConfirmation: false,
  },
  {
    name: "nuclear",
    summary: "Also everything else that the machine did not come with, and the files of people",
    packages: ["auto"],
    leftovers: false,
    files: ["home"],
    templates: false,
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
  };
}
