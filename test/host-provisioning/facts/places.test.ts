import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "@jest/globals";
import {
  marked,
  Probe,
  quickScript,
  readDetails,
  readFacts,
} from "../../../host-provisioning/facts/index.ts";
import {
  assembleSecurity,
  type StepName,
  type StepResult,
  steps,
} from "../../../host-provisioning/security/index.ts";
import { projectFolder } from "../../support/database.ts";

const mark = "0123456789abcdef";
const isLinux = process.platform === "linux";
/** The search through all files takes long on a machine that is in use, and its place is there without it. */
const searched: StepName[] = ["settings", "updates", "details"];

function run(script: string): string {
  const options = { input: script, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  return execFileSync("/bin/sh", ["-s"], { ...options, stdio: ["pipe", "pipe", "ignore"] });
}

/** A full scan of this machine, but for the search through its files. */
function scan(): object {
  const facts = readFacts(run(quickScript(mark)), mark);
  if (!facts) throw new Error("The scan did not come to its end.");
  const results = steps.map(({ name, text }): [StepName, StepResult] => {
    const none = "== MARK self\n== MARK found\n== MARK end";
    const said = searched.includes(name)
      ? new Probe(run(marked(text, mark)), mark)
      : new Probe(none.replaceAll("MARK", mark), mark);
    return [name, { probe: said, reason: null, milliseconds: 0 }];
  });
  const byName = Object.fromEntries(results) as Record<StepName, StepResult>;
  const details = readDetails(byName.details.probe as Probe, facts.system.users);
  return { ...facts, details, security: assembleSecurity(facts, byName, { at: new Date() }) };
}

(isLinux ? it : it.skip)("what docs/facts.md says is at a place of a scan is there", () => {
  const text = readFileSync(path.join(projectFolder, "docs/facts.md"), "utf8");
  const rows = text.split("\n").filter((line) => /^\| .* \| .*`/.test(line));
  const places = rows.flatMap((line) => [...(line.split("|")[2] ?? "").matchAll(/`([a-z]\w*(?:\.\w+)*)`/gi)]);
  const names = places.map(([, name = ""]) => name).filter((name) => name !== "createdAt");
  expect(names.length).toBeGreaterThan(100);
  const found = scan();
  const missing = names.filter((name) => !isThere(found, name.split(".")));
  expect(missing).toEqual([]);
});

/** A value that is null is there: this machine has nothing to tell of it. */
function isThere(value: unknown, [name, ...rest]: string[]): boolean {
  if (name === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && name in value
    ? isThere((value as Record<string, unknown>)[name], rest)
    : false;
}
