import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { filesScript, readFiles, unifiedDiff } from "../../../host-provisioning/files/index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "roost-files-"));
const mark = "0123456789abcdef";
afterAll(() => rmSync(folder, { recursive: true }));

describe("texts of files on a host", () => {
  const at = (name: string) => path.join(folder, name);
  const read = (paths: string[]) => {
    const output = execFileSync("/bin/sh", ["-s"], { input: filesScript(mark, paths) });
    return readFiles(output, mark, paths);
  };

  it("are read exactly, whatever their names and texts; links and other things are told", () => {
    const texts = { plain: "a\n", empty: "", "od'd $(x)\n name": `end ${mark}\nfile /x\r\n` };
    for (const [name, text] of Object.entries(texts)) writeFileSync(at(name), text);
    symlinkSync(at("plain"), at("link"));
    writeFileSync(at("binary"), Buffer.from([0xff, 0xfe]));
    const paths = [...Object.keys(texts), "link", "binary", "absent"].map(at);
    expect([...(read([...paths, folder])?.values() ?? [])]).toEqual([
      ...Object.values(texts).map((text) => ({ kind: "file", text })),
      { kind: "link" },
      { kind: "other" },
      { kind: "none" },
      { kind: "other" },
    ]);
  });

  it("that hold NUL, or output that was cut, are not taken for anything", () => {
    writeFileSync(at("nul"), "a\0none /b");
    expect(read([at("nul")])).toBeUndefined();
    const output = execFileSync("/bin/sh", ["-s"], { input: filesScript(mark, [at("plain")]) });
    for (let length = 0; length < output.length; length += 1)
      expect(readFiles(output.subarray(0, length), mark, [at("plain")])).toBeUndefined();
  });
});

it("a difference is one that patch makes the new text of", () => {
  expect(unifiedDiff("/x", "a\n", "a\n")).toBe("");
  const text = fc
    .array(fc.constantFrom("a", "b", "", "c"), { maxLength: 20 })
    .map((lines) => lines.map((line) => `${line}\n`).join(""));
  for (const [before, after] of fc.sample(fc.tuple(text, text), { numRuns: 40, seed: 1 })) {
    if (before === after) continue;
    const made = patched(before, unifiedDiff("/x", before, after));
    expect(made).toBe(after);
  }
});

/** What `patch` makes of it; each line that is kept or goes has to be there. */
function patched(before: string, diff: string): string {
  const old = before === "" ? [] : before.slice(0, -1).split("\n");
  const made: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const [, from, count] = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line) ?? [];
    if (from !== undefined) {
      const start = Number(from) - (count === "0" ? 0 : 1);
      made.push(...old.slice(at, start));
      at = start;
      continue;
    }
    if (line.startsWith("+")) made.push(line.slice(1));
    else {
      expect(old[at]).toBe(line.slice(1));
      at += 1;
      if (line.startsWith(" ")) made.push(line.slice(1));
    }
  }
  return [...made, ...old.slice(at)].map((line) => `${line}\n`).join("");
}
