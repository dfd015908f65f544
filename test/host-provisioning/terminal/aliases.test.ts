import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import {
  aliasSchema,
  aliasScript,
  mergeAliases,
  readListing,
} from "../../../host-provisioning/terminal/index.ts";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";

const alias = (name: string, expansion: string, fields: object = {}) =>
  aliasSchema.parse({ name, expansion, ...fields });

describe("a registry of aliases", () => {
  const registry = [alias("ll", "ls -l", { source: "here" }), alias("g", "git")];
  const incoming = [
    { ...alias("ll", "ls -l", { source: "there", tags: ["files"] }) },
    { ...alias("g", "grep"), hides: "command /usr/bin/g" },
    { ...alias("G", "| grep", { kind: "global" }) },
    { ...alias("ls", "LC_ALL=C ls --color"), hides: "command /usr/bin/ls" },
  ];
  const names = (aliases: { name: string; expansion: string }[]) =>
    aliases.map(({ name, expansion }) => `${name}=${expansion}`);

  it("takes what is new, keeps what it has, and tells conflicts and what is hidden", () => {
    const merged = mergeAliases(registry, incoming);
    expect(names(merged.registry)).toEqual(["G=| grep", "g=git", "ll=ls -l", "ls=LC_ALL=C ls --color"]);
    expect(names(merged.added)).toEqual(["G=| grep", "ls=LC_ALL=C ls --color"]);
    expect(merged.same).toEqual([registry[0]]);
    expect(merged.conflicts).toEqual([{ before: registry[1], after: alias("g", "grep"), taken: false }]);
    expect(merged.shadowed).toEqual([
      { name: "g", hides: "command /usr/bin/g", isUsed: false },
      { name: "ls", hides: "command /usr/bin/ls", isUsed: true },
    ]);
  });

  it("takes the new one of a conflict where that is said, and nothing twice", () => {
    const merged = mergeAliases(registry, incoming, true);
    expect(names(merged.registry)).toContain("g=grep");
    expect(merged.conflicts[0]?.taken).toBe(true);
    const again = mergeAliases(merged.registry, incoming, true);
    expect([again.added, again.conflicts, again.registry]).toEqual([[], [], merged.registry]);
  });

  it("has a regular and a global alias of one name side by side", () => {
    expect(mergeAliases([alias("x", "1")], [alias("x", "2", { kind: "global" })]).registry).toHaveLength(2);
  });
});

describe("a listing", () => {
  it.each([
    "",
    "hello\n",
    "regular 1 1 0 ab",
    "regular 9 1 0 abend 0 0 0 ",
    "other 1 1 0 abend 0 0 0 ",
    "end 0 0 0 x",
  ])("that the script did not write to its end is none: %j", (text) =>
    expect(readListing(Buffer.from(text))).toBeUndefined(),
  );

  it("is read by bytes", () => {
    expect(readListing(Buffer.from("global 3 3 7 éaé\0builtinend 0 0 0 "))).toEqual([
      { kind: "global", name: "éa", expansion: "é\0", hides: "builtin" },
    ]);
  });
});

(reasonToSkip("zsh") ? describe.skip : describe)("a clean zsh", () => {
  const list = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "roost-aliases-"));
    try {
      writeFileSync(join(folder, "rc"), text);
      writeFileSync(join(folder, "script"), aliasScript);
      const env = { HOME: folder, PATH: "/usr/bin:/bin" };
      // A file may end the shell with any code.
      return readListing(
        spawnSync("zsh", ["-f", "script", "rc"], { cwd: folder, env, timeout: 30_000 }).stdout,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  it("tells all kinds of aliases as the shell has them, with what they hide", () => {
    const found = list(`echo noise; echo noise >&2
for one in a b; do alias "$one"="run $one"; done
alias -g L='| less' ; alias -s md=glow
alias cat='cat -n' cd='cd -P' ü='x "é" $HOME'
f() { : }; alias f=g
alias gone=1; unalias gone
`);
    expect(found).toEqual([
      { kind: "regular", name: "a", expansion: "run a" },
      { kind: "regular", name: "b", expansion: "run b" },
      {
        kind: "regular",
        name: "cat",
        expansion: "cat -n",
        hides: expect.stringMatching(/^command \/.*\/cat$/),
      },
      { kind: "regular", name: "cd", expansion: "cd -P", hides: "builtin" },
      { kind: "regular", name: "f", expansion: "g", hides: "function" },
      { kind: "regular", name: "ü", expansion: 'x "é" $HOME' },
      { kind: "global", name: "L", expansion: "| less" },
      { kind: "suffix", name: "md", expansion: "glow" },
    ]);
  });

  it("tells what a file that ends the shell has defined before", () => {
    expect(list("alias a=b\nexit 3\nalias c=d\n")).toEqual([{ kind: "regular", name: "a", expansion: "b" }]);
  });

  it("tells a NUL and a newline, which the registry then refuses", () => {
    const found = list("alias nul=$'a\\0b' line=$'a\\nb'\n") ?? [];
    expect(found.map(({ expansion }) => expansion)).toEqual(["a\nb", "a\0b"]);
    for (const each of found)
      expect(aliasSchema.safeParse(each).error?.issues.map(({ path }) => path)).toEqual([["expansion"]]);
  });
});
