import { readFileSync } from "node:fs";
import { type Draft, emptyDraft, type Step } from "../undo/index.ts";
import type { HealthCheck, ReinstallPlan } from "./plan.ts";

const functions = readFileSync(new URL("./steps.sh", import.meta.url), "utf8");

/** The parts of a draft that install packages again, for an action that does more than that. Pure. */
export function reinstallSteps(words: readonly string[]): Pick<Draft, "prepare" | "steps" | "functions"> {
  const fetch: Step = ["fetch_packages", ...words];
  return { prepare: [fetch], steps: [fetch, ["install_packages", ...words]], functions };
}

/** What carries a reinstallation out. Units that ran are started anew when it is taken back. Pure. */
export function draftReinstall(plan: ReinstallPlan): Draft {
  const { arguments: words, files, holds, unholds, checks } = plan;
  const fetch: Step = ["fetch_packages", ...words];
  return {
    ...emptyDraft,
    prepare: [fetch],
    steps: [
      fetch,
      ...(unholds.length > 0 ? [["hold_packages", "unhold", ...unholds] as const] : []),
      ...files.map(({ path, mode, text }): Step => {
        const at = path.lastIndexOf("/");
        return ["write_file", path.slice(0, at), path.slice(at + 1), mode, text];
      }),
      ["install_packages", ...words],
      ...(holds.length > 0 ? [["hold_packages", "hold", ...holds] as const] : []),
    ],
    goals: checks.map(goalOf),
    refresh: checks.flatMap((check) =>
      check.kind === "unit" ? [{ how: "restart" as const, unit: check.unit }] : [],
    ),
    functions,
  };
}

function goalOf(check: HealthCheck): Step {
  switch (check.kind) {
    case "version":
      return ["goal_version", check.package, check.version];
    case "verify":
      return ["goal_intact", check.package];
    case "unit":
      return ["goal_active", check.unit];
    case "port": {
      const [, protocol = "tcp", port = ""] = /^(tcp|udp)6? .*:(\d+)$/.exec(check.listen) ?? [];
      return ["goal_listens", protocol, port];
    }
    case "config":
      return ["goal_valid", check.program, ...check.arguments];
  }
}
