import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { aliasRoutes } from "../../../automation-api/aliases/routes.ts";
import { Aliases } from "../../../automation-api/aliases/service.ts";
import { configTemplateRoutes } from "../../../automation-api/config-templates/routes.ts";
import { ConfigTemplates } from "../../../automation-api/config-templates/service.ts";
import { terminalRoutes } from "../../../automation-api/terminal/routes.ts";
import { ShellInstalls, ShellVersionHistory } from "../../../automation-api/terminal/service.ts";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { withoutHosts } from "../config-templates/without-hosts.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { roost, temporaryFolder } from "./terminal.ts";

let server: TestServer;
let home: string;
/** A shell is made without a scan. */
const templates = new ConfigTemplates(withoutHosts);

beforeAll(async () => {
  server = await startTestServer({
    routes: ({ database: { db } }) => {
      const aliases = new Aliases(db);
      const shells = new ShellInstalls({ ...withoutHosts, aliases });
      return [
        ...aliasRoutes(aliases),
        ...terminalRoutes(shells, new ShellVersionHistory(withoutHosts)),
        ...configTemplateRoutes(templates, shells),
      ];
    },
  });
  home = await temporaryFolder();
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

const terminal = (...args: string[]) =>
  roost(["terminal", ...args], { env: { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken }, home });
const at = (name: string) => path.join(home, name);

it("lists themes and plugins", async () => {
  expect((await terminal("themes")).stdout).toMatch(/^NAME .*\nminimal .*\nplain /);
  expect((await terminal("plugins")).stdout).toMatch(
    /zsh-syntax-highlighting +0\.7\.1 +932e29a0c754 +BSD-3-Clause/,
  );
});

it("prints a configuration, and says what is wrong with a description", async () => {
  await writeFile(at("shell.yaml"), "theme: server\naliases: [{ name: g, expansion: git }]\n");
  const made = await terminal("generate", at("shell.yaml"));
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining("alias -- 'g'='git'\n")]);
  await writeFile(at("bad.yaml"), "theme: agnoster\n");
  const refused = await terminal("generate", at("bad.yaml"));
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("shell.theme")]);
  expect((await terminal("generate", at("absent.yaml"))).stderr).toContain("cannot be read (ENOENT)");
});

(reasonToSkip("zsh") ? describe.skip : describe)("with zsh", () => {
  it("puts a configuration into a home, compiled, and keeps what was there the first time", async () => {
    await writeFile(at(".zshrc"), 'ZSH_THEME="bira"\nplugins=(git)\n');
    for (const file of [".zshrc", ".zshrc.before-roost"]) {
      const made = await terminal("generate", at(file), "--framework", "oh-my-zsh", "--into", home);
      expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/compiled +yes/)]);
      expect(made.stdout).toContain("line 2: plugin git is not in the catalogue");
      const version = /version +(\w+)/.exec(made.stdout)?.[1];
      expect(existsSync(at(`.local/share/roost/zsh/gen-${version}.zsh.zwc`))).toBe(true);
      expect(await readFile(at(".zshrc"), "utf8")).toContain(`gen-${version}.zsh`);
      expect(await readFile(at(".zshrc.before-roost"), "utf8")).toBe('ZSH_THEME="bira"\nplugins=(git)\n');
    }
  });

  it("imports aliases into the registry, lists and removes them; one that it cannot hold changes nothing", async () => {
    await writeFile(at("rc"), "alias g=git cat=bat\n");
    const first = await terminal("aliases", "import", at("rc"));
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringContaining("2 new, 0 the same, 0 otherwise\n"),
    ]);
    expect(first.stdout).toMatch(/cat hides the command \S+\/cat and does not call it/);
    await writeFile(at("rc"), "alias g=grep\n");
    expect((await terminal("aliases", "import", at("rc"))).stdout).toContain("kept g: git (not grep)");
    const kept = (await terminal("aliases", "list")).stdout;
    expect(kept).toMatch(
      /^NAME .*\ncat +regular +command \S+\/cat +- +rc +bat\ng +regular +- +- +rc +git\n$/,
    );
    await writeFile(at("rc"), "alias bad=$'a\\nb'\n");
    const refused = await terminal("aliases", "import", at("rc"));
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("aliases[0].expansion")]);
    expect((await terminal("aliases", "list")).stdout).toBe(kept);
    await writeFile(at("rc"), "alias g=grep\n");
    expect((await terminal("aliases", "import", at("rc"), "--replace", "--dry-run")).stdout).toContain(
      "replaced g: git (now grep)",
    );
    await writeFile(at("own.yaml"), "aliases: [{ name: g, expansion: grep }]\nregistry: { aliases: true }\n");
    const made = await terminal("generate", at("own.yaml"), "--into", home);
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(
        /aliases of your registry: 1 new, 0 the same, 1 otherwise\nkept g: grep \(not git\)\ncat hides the /,
      ),
    ]);
    await writeFile(at("rc"), "alias w=who\n");
    await terminal("aliases", "import", at("rc"), "--tag", "work", "--tag", "here");
    expect((await terminal("aliases", "list")).stdout).toMatch(/\nw +regular +.* work here +rc +who\n/);
    expect((await terminal("aliases", "remove", "g")).code).toBe(0);
    expect((await terminal("aliases", "remove", "g")).code).not.toBe(0);
    expect((await terminal("aliases", "list")).stdout).not.toMatch(/^g /m);
  });
});
