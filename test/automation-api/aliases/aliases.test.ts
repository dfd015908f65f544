import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { aliasRoutes } from "../../../automation-api/aliases/routes.ts";
import { Aliases } from "../../../automation-api/aliases/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ routes: ({ database: { db } }) => aliasRoutes(new Aliases(db)) });
});
afterAll(() => server.close());

const importAliases = (body: object, token?: string) =>
  server.call("POST", "/api/v1/aliases/import", { body, token });
const list = async (token?: string) => (await server.call("GET", "/api/v1/aliases", { token })).body.items;
const account = async () => (await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] })).token;
const names = (items: { name: string }[]) => items.map(({ name }) => name);

it("keeps what is imported, tells conflicts and what aliases hide, and removes one", async () => {
  const token = await account();
  expect(await list(token)).toEqual([]);
  const first = await importAliases({ aliases: [{ name: "g", expansion: "git", tags: ["git"] }] }, token);
  expect([first.status, names(first.body.added)]).toEqual([200, ["g"]]);
  const aliases = [
    { name: "g", expansion: "grep", source: ".zshrc" },
    { name: "ls", expansion: "ls --color", hides: "command /usr/bin/ls" },
    { name: "...", expansion: "../..", kind: "global" },
  ];
  const { body } = await importAliases({ aliases }, token);
  expect(body.conflicts).toMatchObject([
    { before: { expansion: "git" }, after: { expansion: "grep" }, taken: false },
  ]);
  expect(body.shadowed).toEqual([{ name: "ls", hides: "command /usr/bin/ls", isUsed: true }]);
  expect(await list(token)).toMatchObject([
    { name: "...", kind: "global", hides: null },
    { name: "g", expansion: "git", tags: ["git"], importedAt: expect.stringMatching(/Z$/) },
    { name: "ls", hides: "command /usr/bin/ls" },
  ]);
  const shown = await importAliases({ aliases, replace: true, dryRun: true }, token);
  expect(shown.body.conflicts).toMatchObject([{ taken: true }]);
  expect((await list(token))[1]).toMatchObject({ expansion: "git" });
  await importAliases({ aliases, replace: true }, token);
  expect((await list(token))[1]).toMatchObject({ expansion: "grep", source: ".zshrc", tags: [] });
  const remove = (path: string) => server.call("DELETE", `/api/v1/aliases/${path}`, { token });
  expect([(await remove("..%2E")).status, (await remove("...?kind=global")).status]).toEqual([404, 204]);
  expect((await remove("g")).status).toBe(204);
  expect((await remove("g")).status).toBe(404);
  expect(names(await list(token))).toEqual(["ls"]);
  const { rows } = await sql`SELECT action FROM audit WHERE action LIKE 'alias.%' ORDER BY 1`.execute(
    server.database.db,
  );
  expect(rows).toEqual(
    ["delete", "delete", "import", "import", "import"].map((verb) => ({ action: `alias.${verb}` })),
  );
});

it("shows nobody the aliases of another account", async () => {
  const [one, other] = [await account(), await account()];
  await importAliases({ aliases: [{ name: "own", expansion: "mine" }] }, one);
  expect(await list(other)).toEqual([]);
  expect((await server.call("DELETE", "/api/v1/aliases/own", { token: other })).status).toBe(404);
  expect(names(await list(one))).toEqual(["own"]);
});

it("takes imports of one account one after another", async () => {
  const token = await account();
  const replies = await Promise.all(
    ["a", "b", "c", "d"].map((expansion) =>
      importAliases({ aliases: [{ name: "raced", expansion }] }, token),
    ),
  );
  expect(replies.flatMap(({ body }) => body.added)).toHaveLength(1);
  expect(replies.flatMap(({ body }) => body.conflicts)).toHaveLength(3);
});

it("has an end", async () => {
  const token = await account();
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}`, expansion: "x" }));
  expect((await importAliases({ aliases: many(2000, "a") }, token)).status).toBe(200);
  const over = await importAliases({ aliases: many(1, "b") }, token);
  expect([over.status, over.body.faults?.[0]?.field]).toEqual([400, "aliases"]);
});

it.each<[string, string]>([
  ["a\nb", "aliases[0].expansion"],
  ["a\0b", "aliases[0].expansion"],
  ["", "aliases[0].expansion"],
])("refuses the alias %j", async (expansion, field) => {
  const { status, body } = await importAliases({ aliases: [{ name: "x", expansion }] });
  expect([status, body.faults?.[0]?.field]).toEqual([400, field]);
});
