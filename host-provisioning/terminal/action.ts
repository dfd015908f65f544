import { readFileSync } from "node:fs";
import { type Draft, emptyDraft, type Step } from "../undo/index.ts";
import { provisionScript } from "./generate.ts";

const functions = readFileSync(new URL("./steps.sh", import.meta.url), "utf8");

export interface Person {
  name: string;
  /** Absolute and canonical. */
  home: string;
}

/** A file of a shell: its path below the home folder. */
interface ShellText {
  path: string;
  text: string;
}

/** What gives a person a generated shell. Pure. */
export function draftShell(
  { name, home }: Person,
  { files }: { files: readonly [ShellText, ...ShellText[]] },
): Draft {
  const [configuration] = files;
  return {
    ...emptyDraft,
    steps: [
      ...files.map(({ path, text }): Step => ["put_home", name, home, path, text]),
      ["provision_shell", name, home, configuration.path, provisionScript],
    ],
    goals: files.map(({ path, text }): Step => ["goal_text", `${home}/${path}`, text]),
    functions,
  };
}
