import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "@jest/globals";
import type { Command } from "commander";
import { buildProgram } from "../../../automation-api/cli/program.ts";
import type { Session } from "../../../automation-api/cli/session.ts";
import { settingsDocument } from "../../../automation-api/cli/settings-document.ts";
import { describeSettings } from "../../../automation-api/config.ts";
import { projectFolder } from "../../support/database.ts";
import { roost } from "./terminal.ts";

const session = { context: { stdout: {}, stderr: {} }, exitCode: 0 } as unknown as Session;
const leaves = (command: Command): Command[] =>
  command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
const commands = leaves(buildProgram(session));

it("has every command of the product", () => {
  const names = commands.map(
    (command) => `${command.parent?.name() === "roost" ? "" : `${command.parent?.name()} `}${command.name()}`,
  );
  expect(names.sort()).toEqual(
    [
      ...[
        "audit verify",
        "backup",
        "cancel",
        "deploy",
        "destroy",
        "doctor",
        "graph",
        "login",
        "logs",
        "preview",
        "refresh",
      ],
      ...["resources", "restore", "settings", "stacks", "start", "status", "tokens create", "tokens list"],
      ...["tokens revoke", "worker", "proxy", "unit", "template add", "template list", "template remove"],
      ...["session end", "session extend", "session list", "session logs", "session nginx", "session open"],
      ...["session show", "session start"],
      ...["export", "cost", "policy check", "policy list", "policy show", "policy force", "policy release"],
      ...["host add", "host check", "host list", "host remove", "host reset", "host scan", "host show"],
      ...[
        "host actions",
        "host benchmark",
        "host config",
        "host confirm",
        "migrate export",
        "migrate import",
        "host optimize",
        "host performance",
        "host profiles",
        "host reinstall",
        "host shell",
        "host shells",
        "host trace",
        "host verify",
      ],
      ...["host undo", "terminal generate", "terminal plugins", "terminal pull"],
      ...["environment add", "environment list", "environment remove", "environment set"],
      ...["credential add", "credential list", "credential remove", "credential rotate"],
      ...["group add", "group list", "group remove"],
      ...["host change", "host diff", "host import", "host report", "host scans"],
      ...["aliases import", "aliases list", "aliases remove"],
      ...["terminal push", "terminal themes", "terminal versions"],
    ].sort(),
  );
});

it("takes --json on every command, and describes every command and option", () => {
  for (const command of commands) {
    expect([command.name(), command.options.some(({ long }) => long === "--json")]).toEqual([
      command.name(),
      true,
    ]);
    expect(command.description()).not.toBe("");
    for (const option of command.options)
      expect([option.long, option.description]).not.toEqual([option.long, ""]);
  }
});

it("shows the exit codes and the examples in its help", async () => {
  const { code, stdout } = await roost(["--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Exit codes:.*\b6\b.*\b130\b/s);
  expect((await roost(["deploy", "--help"])).stdout).toContain("$ roost deploy hello/dev --program hello");
});

it.each([
  [["nonsense"], "unknown command"],
  [[], "Usage"],
  [["deploy", "--nonsense"], "unknown option"],
  [["deploy"], "Which stack?"],
  [["deploy", "hello"], "expected project/stack"],
  [["deploy", "a/b", "--parallel", "0"], "whole number"],
  [["deploy", "a/b", "--program", "x", "--git", "https://x"], "not several"],
  [["deploy", "a/b", "--ref", "main"], "--ref goes with --git only"],
  [["deploy", "a/b", "--secret", "k=hunter2"], "every user of this machine"],
  [["destroy"], "missing required argument"],
  [["destroy", "a/b", "--config", "k=v"], "unknown option"],
  [["tokens", "create", "x", "--scope", "all"], "Expected one of"],
  [["tokens", "create", "x", "--days", "0"], "1 to 3650"],
  [["backup", "/nonexistent/x"], "needs a passphrase"],
])("ends %j with exit code 2 and says why", async (args, message) => {
  const { code, stdout, stderr } = await roost(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(stdout).toBe("");
  expect(stderr).not.toContain("hunter2");
});

it("says which server it tried, and what to do, when there is none", async () => {
  const url = "http://127.0.0.1:1";
  const { code, stderr } = await roost(["status", "--url", url]);
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /no answer from http:\/\/127.0.0.1:1 .*comes from --url.*roost start.*roost doctor/s,
  );
});

it("prints one JSON document for an error too", async () => {
  const call = await roost(["status", "--json", "--url", "http://127.0.0.1:1"]);
  expect(call.json()).toMatchObject({ error: { code: "unavailable", message: expect.any(String) } });
  expect(call.stderr).toBe("");
  const usage = await roost(["deploy", "x", "--json"]);
  expect(usage.json()).toMatchObject({ error: { code: "invalid" } });
});

it("lists every setting", async () => {
  const rows = (await roost(["settings", "--json"])).json<unknown[]>();
  expect(rows).toEqual(describeSettings());
  const { stdout } = await roost(["settings"]);
  for (const { name } of describeSettings()) expect(stdout).toContain(name);
});

it("docs/settings.md is what `roost settings --markdown` prints", async () => {
  const document = await readFile(path.join(projectFolder, "docs/settings.md"), "utf8");
  expect(document).toBe(settingsDocument());
  expect((await roost(["settings", "--markdown"])).stdout).toBe(document);
});
