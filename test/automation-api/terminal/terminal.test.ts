import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { aliasRoutes } from "../../../automation-api/aliases/routes.ts";
import { Aliases } from "../../../automation-api/aliases/service.ts";
import { configTemplateRoutes } from "../../../automation-api/config-templates/routes.ts";
import { ConfigTemplates } from "../../../automation-api/config-templates/service.ts";
import { terminalRoutes } from "../../../automation-api/terminal/routes.ts";
import { ShellInstalls, ShellVersionHistory } from "../../../automation-api/terminal/service.ts";
import { withoutHosts } from "../config-templates/without-hosts.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
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
});
afterAll(() => server.close());

const generate = (body: object, token?: string) =>
  server.call("POST", "/api/v1/config/generate", { body: { template: "zshrc", ...body }, token });
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const fields = ({ body }: { body: { faults?: { field: string }[] } }) =>
  body.faults?.map(({ field }) => field);

it("lists themes, and plugins with commit, licence, cost and the hashes of their files", async () => {
  const themes = (await server.call("GET", "/api/v1/themes")).body.items;
  expect(themes.map(({ name }: { name: string }) => name)).toEqual([
    "minimal",
    "plain",
    "server",
    "two-lines",
  ]);
  expect(themes[0].prompt.left).toEqual([expect.objectContaining({ kind: "character" })]);
  const plugins = (await server.call("GET", "/api/v1/plugins")).body.items;
  expect(plugins[0]).toMatchObject({
    name: "zsh-autosuggestions",
    commit: expect.stringMatching(/^[0-9a-f]{40}$/),
    licence: "MIT",
    cost: { firstCommandMs: expect.any(Number), keyMs: expect.any(Number) },
    files: [{ path: "zsh-autosuggestions.zsh", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  });
});

it("makes a configuration whose version is the hash of its text", async () => {
  const { status, body } = await generate({
    shell: { theme: "server", aliases: [{ name: "g", expansion: "git" }] },
  });
  expect([status, body.version]).toEqual([200, sha256(body.files[0].text)]);
  expect(body.files[1].text).toContain(body.files[0].path);
  expect(body.files[0].text).toContain("alias -- 'g'='git'");
  expect(body.provision).toContain("zcompile");
  expect((await generate({ shell: body.shell })).body.version).toBe(body.version);
});

it("makes one from another framework's definition, and tells what was left out", async () => {
  const text = 'ZSH_THEME="bira"\nplugins=(git)\nalias g=git\n';
  const { status, body } = await generate({ definition: { framework: "oh-my-zsh", text } });
  expect([status, body.shell.theme]).toEqual([200, "two-lines"]);
  expect(body.notes).toEqual([
    { line: 1, subject: "theme bira", taken: true, message: expect.any(String) },
    { line: 2, subject: "plugin git", taken: false, message: "is not in the catalogue of pinned plugins" },
    { line: 3, subject: "alias g", taken: true, message: "the same alias" },
  ]);
  const both = await generate({ shell: {}, definition: { framework: "prezto", text } });
  expect([both.status, fields(both)]).toEqual([400, ["definition"]]);
});

it("takes the aliases of one's own registry where the shell asks for them, and is another one only when they mean something else", async () => {
  const account = async () => (await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] })).token;
  const [token, other] = [await account(), await account()];
  const keep = (aliases: object[]) =>
    server.call("POST", "/api/v1/aliases/import", { body: { aliases, replace: true }, token });
  const git = { name: "g", expansion: "git", tags: ["work"] };
  await keep([{ name: "cat", expansion: "bat", hides: "command /usr/bin/cat" }, git]);
  const make = async (shell: object, as = token) => (await generate({ shell }, as)).body;
  const asked = { aliases: [{ name: "g", expansion: "grep" }], registry: { aliases: true } };
  const made = await make(asked);
  expect(made.files[0].text).toContain("alias -- 'cat'='bat'\nalias -- 'g'='grep'\n");
  expect(made.registry).toEqual({
    added: [expect.objectContaining({ name: "cat" })],
    same: [],
    conflicts: [
      { before: expect.objectContaining({ expansion: "grep" }), after: expect.anything(), taken: false },
    ],
    shadowed: [{ name: "cat", hides: "command /usr/bin/cat", isUsed: false }],
  });
  // What is described stays apart from what was taken: the same description can be made again.
  expect(made.shell).toMatchObject(asked);
  const tagged = await make({ registry: { aliases: true, tags: ["work"] } });
  expect(tagged.registry.added).toEqual([expect.objectContaining(git)]);
  const alone = await make({ ...asked, registry: {} });
  expect(alone.registry).toEqual({ added: [], same: [], conflicts: [], shadowed: [] });
  expect((await make(asked, other)).version).toBe(alone.version);
  await keep([{ name: "cat", expansion: "bat", source: "elsewhere" }]);
  expect((await make(asked)).version).toBe(made.version);
  await keep([{ name: "cat", expansion: "bat -p" }]);
  expect((await make(asked)).version).not.toBe(made.version);
});

it.each<[object, string]>([
  [{ shell: { registry: { tags: ["work"] } } }, "shell.registry.tags"],
  [{ shell: { registry: { aliases: "ann" } } }, "shell.registry.aliases"],
  [{ template: "bashrc" }, "template"],
  [{ shell: { theme: "agnoster" } }, "shell.theme"],
  [{ shell: { history: { lines: "many" } } }, "shell.history.lines"],
  [{ shell: { aliases: [{ name: "a", expansion: "x\ny" }] } }, "shell.aliases[0].expansion"],
  [{ shell: { aliases: [{ name: "a", expansion: "x\0" }] } }, "shell.aliases[0].expansion"],
  [{ shell: { plugins: ["powerlevel10k"] } }, "shell.plugins[0]"],
  [{ shell: { plugins: ["zsh-autosuggestions"] } }, "shell.plugins"],
  [{ shell: { plugins: ["zsh-autosuggestions"] }, sources: ["another text"] }, "shell.plugins"],
  [{ sources: ["x".repeat(300_000)] }, "sources[0]"],
  [{ definition: { framework: "zinit", text: "" } }, "definition.framework"],
])("refuses %#: names the field", async (body, field) => {
  const reply = await generate(body);
  expect([reply.status, fields(reply)?.[0]]).toEqual([400, field]);
});
