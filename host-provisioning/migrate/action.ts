import { readFileSync } from "node:fs";
import { type Draft, emptyDraft, type Step } from "../undo/index.ts";
import type { MigratedFile } from "./manifest.ts";
import type { MigrationPlan } from "./plan.ts";
import { stageText } from "./solve.ts";

const functions = [stageText, readFileSync(new URL("./steps.sh", import.meta.url), "utf8")].join("\n");

/** apt keeps what is configured already; files of the archive are put over that afterwards. */
const aptWords = [
  "-y",
  "-q",
  "--no-remove",
  "--no-install-recommends",
  "--allow-downgrades",
  "--allow-change-held-packages",
  "-oDpkg::Options::=--force-confold",
];

/**
 * What carries a migration out. Pure.
 * @param contents of the archive's files, by path.
 * @param passwords hashes of those that are to be set, by name.
 */
export function draftMigration(
  plan: MigrationPlan,
  contents: ReadonlyMap<string, Buffer>,
  passwords: Readonly<Record<string, string>> = {},
): Draft {
  const { chosen, installs, renews, marks, groups, users, units, runs, ran } = plan;
  const sources = plan.files.filter(({ part }) => part === "sources");
  const others = plan.files.filter(({ part }) => part !== "sources");
  const textOf = ({ path }: MigratedFile) => (contents.get(path) as Buffer).toString("base64");
  const put = (file: MigratedFile): Step => {
    const { path, mode, owner, group } = file;
    return ["put_file", path, mode, owner, group, textOf(file)];
  };
  const install = [...aptWords, "install", "--", ...chosen];
  const fetch: Step[] =
    chosen.length > 0 ? [["fetch_migrated", renews ? "lists" : "packages", ...install]] : [];
  const transaction: Step[] =
    chosen.length > 0 ? [...fetch, ["install_migrated", ...install], ["drop_fetched"]] : [];
  const marking = (["unhold", "hold", "auto", "manual"] as const).flatMap((mark): Step[] =>
    marks[mark].length > 0 ? [["mark_packages", mark, ...marks[mark]]] : [],
  );
  return {
    ...emptyDraft,
    prepare: [
      ...(fetch.length > 0
        ? sources.map((file): Step => ["stage_file", file.path, file.mode, textOf(file)])
        : []),
      ...fetch,
    ],
    steps: [
      ...sources.map(put),
      ...transaction,
      ...marking,
      ...groups.map(({ name, gid }): Step => ["add_group", name, String(gid)]),
      ...users.map(
        ({ name, uid, group, comment, home, shell, groups: further, isNew }): Step =>
          isNew
            ? ["add_user", name, String(uid), group, comment, home, shell, further.join(",")]
            : ["set_user", name, comment, shell, further.join(",")],
      ),
      ...Object.entries(passwords).map(([name, hash]): Step => ["set_password", name, hash]),
      ...others.map(put),
      ...units.map(({ name, state }): Step => ["set_unit", name, state]),
      ...runs.map((unit): Step => ["run_unit", unit]),
    ],
    goals: [
      ...installs.map(({ name, to }): Step => ["goal_package", name, to]),
      ...plan.files.map(
        ({ path, mode, owner, group, sha256 }): Step => ["goal_file", path, mode, owner, group, sha256],
      ),
      ...users.map(({ name, shell }): Step => ["goal_user", name, shell]),
      ...units.map(({ name, state }): Step => ["goal_unit", name, state]),
      ...(runs.length > 0 ? [["goal_stay_active", ...runs] as const] : []),
    ],
    refresh: ran.map((unit) => ({ how: "restart" as const, unit })),
    functions,
  };
}
