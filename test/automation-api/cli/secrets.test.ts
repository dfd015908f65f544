import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Context } from "../../../automation-api/cli/context.ts";
import { SecretReader, type SecretSource } from "../../../automation-api/cli/secret-source.ts";
import { temporaryFolder } from "./terminal.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(path.join(folder, "secret"), "from a file\n");
  await writeFile(path.join(folder, "empty"), "\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A context whose terminal, if it is one, gets `typed`; `shown` collects what the user sees. */
function contextWith(typed: string, isTTY: boolean) {
  const stdin = new PassThrough();
  const raw: boolean[] = [];
  const shown = { text: "" };
  const terminal = { isTTY: true, setRawMode: (on: boolean) => raw.push(on) };
  stdin.end(typed);
  const context = {
    stdin: Object.assign(stdin, isTTY && terminal),
    stderr: {
      write(text: string) {
        shown.text += text;
      },
    },
    env: { KEY: "from the environment" },
    home: folder,
  } as unknown as Context;
  return { reader: new SecretReader(context), raw, shown };
}

it.each([
  ["environment", { kind: "env", name: "KEY" }, "from the environment"],
  ["file", { kind: "file", path: "secret" }, "from a file"],
  ["file below the home folder", { kind: "file", path: "~/secret" }, "from a file"],
  ["standard input", { kind: "stdin" }, "piped"],
  ["standard input, when it would be asked for and is a pipe", { kind: "ask" }, "piped"],
] as [string, SecretSource, string][])("reads a secret from the %s", async (_name, source, value) => {
  const { reader } = contextWith("piped\n", false);
  const isPlain = source.kind === "file" && !source.path.startsWith("~");
  const place = isPlain ? { ...source, path: path.join(folder, source.path) } : source;
  expect(await reader.read(place, "Value of k")).toBe(value);
});

it("asks on a terminal without showing what is typed, and takes corrections", async () => {
  const { reader, raw, shown } = contextWith("wronx\u007fg\u0008g\r", true);
  expect(await reader.read({ kind: "ask" }, "Value of k")).toBe("wrong");
  expect(raw).toEqual([true, false]);
  expect(shown.text).toBe("Value of k: \n");
});

it("asks twice on the same terminal", async () => {
  const { reader } = contextWith("one\rtwo\r", true);
  expect(await reader.read({ kind: "ask" }, "first")).toBe("one");
  expect(await reader.read({ kind: "ask" }, "second")).toBe("two");
});

it("is left by Ctrl-C, with the terminal as it was", async () => {
  const { reader, raw } = contextWith("ab\u0003", true);
  await expect(reader.read({ kind: "ask" }, "k")).rejects.toMatchObject({ exitCode: 130 });
  expect(raw).toEqual([true, false]);
});

it.each([
  [{ kind: "env", name: "NONE" }, "NONE is not set"],
  [{ kind: "file", path: "/nonexistent/x" }, "cannot be read (ENOENT)"],
  [{ kind: "stdin" }, "nothing was given"],
] as [SecretSource, string][])("refuses %j", async (source, message) => {
  await expect(contextWith("", false).reader.read(source, "k")).rejects.toThrow(message);
});

it("gives standard input to one secret only", async () => {
  const { reader } = contextWith("once", false);
  await reader.read({ kind: "stdin" }, "first");
  await expect(reader.read({ kind: "ask" }, "second")).rejects.toThrow("taken for “first” already");
});
