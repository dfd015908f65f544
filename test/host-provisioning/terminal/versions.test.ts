import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { compareLines } from "../../../host-provisioning/files/lines.ts";
import { generate, shellSchema, sourcesOf } from "../../../host-provisioning/terminal/index.ts";
import { addVersion, emptyHistory, rollBack, verify } from "../../../host-provisioning/terminal/versions.ts";

const made = (theme: string) => {
  const { shell } = generate(shellSchema.parse({ theme }), sourcesOf([]));
  if (!shell) throw new Error("not made");
  return shell;
};
const [minimal, plain, server] = [made("minimal"), made("plain"), made("server")];
const now = "2026-01-01T00:00:00Z";
const history = [minimal, plain, server].reduce((all, shell) => addVersion(all, shell, now), emptyHistory);

describe("versions", () => {
  it("are kept in order, each once, the last one current, and no more than wanted", () => {
    expect(history.versions.map(({ version }) => version)).toEqual([
      minimal.version,
      plain.version,
      server.version,
    ]);
    expect(history.current).toBe(server.version);
    const again = addVersion(history, minimal, "2027-01-01T00:00:00Z");
    expect(again.versions.map(({ version, madeAt }) => [version, madeAt])).toEqual(
      [plain, server, minimal].map(({ version }) => [version, now]),
    );
    expect(addVersion(history, minimal, now, 1).versions).toHaveLength(1);
  });

  it("are gone back to, one by one or by name, without forgetting any", () => {
    const back = rollBack(history);
    expect([back?.current, back?.versions]).toEqual([plain.version, history.versions]);
    expect(rollBack(back ?? emptyHistory)?.current).toBe(minimal.version);
    expect(rollBack(history, minimal.version.slice(0, 12))?.current).toBe(minimal.version);
  });

  it("that are not there, or not one only, are not gone back to", () => {
    const first = rollBack(history, minimal.version) ?? emptyHistory;
    expect([rollBack(first), rollBack(emptyHistory), rollBack(history, ""), rollBack(history, "x")]).toEqual(
      Array(4).fill(undefined),
    );
    const twins = {
      current: "ab",
      versions: ["ab", "ac"].map((version) => ({ version, madeAt: now, files: [] })),
    };
    expect(rollBack(twins, "a")).toBeUndefined();
  });

  it("are verified file by file", () => {
    const [configuration, zshrc] = plain.files;
    const home = new Map<string, string>(plain.files.map(({ path, text }) => [path, text]));
    const read = (path: string) => home.get(path);
    expect(verify(plain, read)).toEqual([]);
    home.set(zshrc.path, `${zshrc.text}# mine\n`);
    home.delete(configuration.path);
    expect(verify(plain, read)).toEqual([
      { path: configuration.path, state: "missing" },
      { path: zshrc.path, state: "changed" },
    ]);
    const damaged = { files: [{ ...zshrc, text: "other" }] };
    expect(verify(damaged, read)).toEqual([{ path: zshrc.path, state: "damaged" }]);
  });
});

describe("compared lines", () => {
  it.each<[string, string, string]>([
    ["abc", "abc", "=abc"],
    ["", "", ""],
    ["abc", "axc", "=a -b +x =c"],
    ["abc", "ac", "=a -b + =c"],
    ["ac", "abc", "=a - +b =c"],
    ["", "ab", "- +ab"],
    ["abcabba", "cbabac", "-ab + =c -a + =b -b + =a - +bac"],
  ])("%j and %j", (before, after, expected) => {
    const hunks = compareLines([...before], [...after]);
    const told = hunks.map((hunk) =>
      hunk.kind === "same" ? `=${hunk.before.join("")}` : `-${hunk.before.join("")} +${hunk.after.join("")}`,
    );
    if (before !== "abcabba") expect(told.join(" ")).toBe(expected);
    // As many in common as can be: four of these.
    else expect(hunks.filter(({ kind }) => kind === "same").flatMap((hunk) => hunk.before)).toHaveLength(4);
  });

  it("give both texts back, and say same only of what is", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const hunks = compareLines(before, after);
        expect(hunks.flatMap((hunk) => hunk.before)).toEqual(before);
        expect(hunks.flatMap((hunk) => hunk.after)).toEqual(after);
        for (const hunk of hunks) if (hunk.kind === "same") expect(hunk.before).toEqual(hunk.after);
      }),
    );
  });
});
