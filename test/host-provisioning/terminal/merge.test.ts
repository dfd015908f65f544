import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { shellSchema } from "../../../host-provisioning/terminal/index.ts";
import { mergeShells } from "../../../host-provisioning/terminal/merge.ts";

const shell = (fields: object = {}) => shellSchema.parse(fields);
const alias = (name: string, expansion: string) => ({ name, expansion });

const base = shell({
  environment: { EDITOR: "vi", LANG: "C" },
  aliases: [alias("ll", "ls -l"), alias("g", "git"), alias("gone", "x")],
  path: ["~/bin", "/opt/a"],
  history: { lines: 100 },
});

it("changes of two machines to different things are both there", () => {
  const ours = shell({
    ...base,
    theme: "server",
    environment: { EDITOR: "nano", LANG: "C" },
    path: ["~/bin"],
  });
  const theirs = shell({
    ...base,
    keys: "vi",
    environment: { EDITOR: "vi", PAGER: "less" },
    aliases: [alias("g", "git"), alias("ll", "ls -la"), alias("new", "y")],
    path: ["/opt/b", "~/bin", "/opt/a"],
    history: { ...base.history, share: false },
  });
  const { shell: merged, conflicts } = mergeShells(base, ours, theirs);
  expect(conflicts).toEqual([]);
  expect(merged).toMatchObject({ theme: "server", keys: "vi", path: ["~/bin", "/opt/b"] });
  expect(merged.environment).toEqual({ EDITOR: "nano", PAGER: "less" });
  expect(merged.history).toMatchObject({ lines: 100, share: false });
  expect(merged.aliases.map(({ name, expansion }) => `${name}=${expansion}`)).toEqual([
    "ll=ls -la",
    "g=git",
    "new=y",
  ]);
});

it("changes of two machines to one thing are a conflict that is told, and ours holds", () => {
  const ours = shell({ ...base, theme: "server", aliases: [alias("g", "grep"), alias("ll", "ls -l")] });
  const theirs = shell({
    ...base,
    theme: "minimal",
    environment: { LANG: "C" },
    aliases: [alias("ll", "ls -l"), alias("g", "gawk"), alias("gone", "z")],
  });
  const { shell: merged, conflicts } = mergeShells(base, ours, theirs);
  expect(conflicts.map(({ field }) => field).toSorted()).toEqual([
    "aliases.regular g",
    "aliases.regular gone",
    "theme",
  ]);
  expect(conflicts).toContainEqual({
    field: "aliases.regular gone",
    ours: null,
    theirs: expect.objectContaining({ expansion: "z" }),
  });
  expect(merged.theme).toBe("server");
  expect(merged.environment).toEqual({ LANG: "C" });
  expect(merged.aliases.map(({ name }) => name)).toEqual(["g", "ll"]);
});

const shells = fc
  .record({
    theme: fc.constantFrom("plain", "server", "minimal"),
    keys: fc.constantFrom("vi", "emacs"),
    environment: fc.dictionary(fc.constantFrom("A", "B", "C"), fc.constantFrom("1", "2")),
    options: fc.dictionary(fc.constantFrom("auto_cd", "beep"), fc.boolean()),
    path: fc.uniqueArray(fc.constantFrom("/a", "/b", "/c")),
    aliases: fc
      .dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"))
      .map((all) => Object.entries(all).map(([name, expansion]) => alias(name, expansion))),
  })
  .map((fields) => shellSchema.parse(fields));

it("who has changed nothing gets the other's, and what both did is no conflict", () => {
  fc.assert(
    fc.property(shells, shells, (before, after) => {
      const taken = mergeShells(before, before, after);
      expect(taken.conflicts).toEqual([]);
      expect(mergeShells(before, after, before)).toEqual({ shell: after, conflicts: [] });
      expect(mergeShells(before, after, after)).toEqual({ shell: after, conflicts: [] });
      const { path: _, aliases: __, ...rest } = taken.shell;
      expect(after).toMatchObject(rest);
      expect(taken.shell.aliases.toSorted(byName)).toEqual(after.aliases.toSorted(byName));
      expect(new Set(taken.shell.path)).toEqual(new Set(after.path));
    }),
    { numRuns: 50 },
  );
});

it("conflicts are the same whoever merges", () => {
  fc.assert(
    fc.property(shells, shells, shells, (before, a, b) => {
      const fields = (merged: ReturnType<typeof mergeShells>) =>
        merged.conflicts.map(({ field }) => field).toSorted();
      expect(fields(mergeShells(before, a, b))).toEqual(fields(mergeShells(before, b, a)));
    }),
    { numRuns: 50 },
  );
});

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
