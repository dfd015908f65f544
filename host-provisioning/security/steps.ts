import { readFileSync } from "node:fs";

export type StepName = "settings" | "files" | "packages" | "updates" | "details";

const read = (name: string): string => readFileSync(new URL(`./${name}.sh`, import.meta.url), "utf8");

/** What a full scan does on a host beside a quick one: each a script that only reads, any number at a time. */
export const steps: { name: StepName; title: string; text: string }[] = [
  { name: "settings", title: "Settings, accounts and permissions", text: read("settings") },
  { name: "files", title: "Files that give rights", text: read("files") },
  { name: "packages", title: "Installed files beside their packages", text: read("packages") },
  { name: "updates", title: "Security updates that are offered", text: read("updates") },
  { name: "details", title: "Room on disks, logins, schedules, units", text: read("../facts/details") },
];
