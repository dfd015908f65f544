import { readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { parse } from "yaml";
import { syncRoutes } from "../../../automation-api/sync/routes.ts";
import { openSyncStore, Sync } from "../../../automation-api/sync/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { roost, temporaryFolder } from "./terminal.ts";

let server: TestServer;
let laptop: string;
let desk: string;
beforeAll(async () => {
  server = await startTestServer({
    routes: ({ database: { db } }) =>
      syncRoutes(new Sync(db, openSyncStore(db, { ROOST_DATA_DIR: "/nowhere" }, []))),
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  await sql`TRUNCATE sync_object`.execute(server.database.db);
  laptop = await temporaryFolder();
  desk = await temporaryFolder();
});

const on = (home: string) => ({
  file: path.join(home, "shell.yaml"),
  key: path.join(home, ".config/roost/age-key.txt"),
  write: (text: string) => writeFile(path.join(home, "shell.yaml"), text),
  read: async () => parse(await readFile(path.join(home, "shell.yaml"), "utf8")),
  terminal: (...args: string[]) =>
    roost(["terminal", ...args], { env: { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken }, home }),
});

/** Both machines have one shell and one key. */
async function both() {
  const [one, other] = [on(laptop), on(desk)];
  await one.write("theme: plain\nenvironment: { EDITOR: vi, SECRET_CANARY: canary-one }\n");
  const pushed = await one.terminal("push", one.file);
  expect([pushed.code, pushed.stderr]).toEqual([
    0,
    expect.stringContaining("carry it to your other machines"),
  ]);
  await other.terminal("versions");
  await writeFile(path.join(desk, "key"), await readFile(one.key), { mode: 0o600 });
  const key = path.join(desk, "key");
  const terminal = (command: string, ...args: string[]) =>
    other.terminal(command, other.file, "--key", key, ...args);
  expect((await terminal("pull")).code).toBe(0);
  return { one, other: { ...other, terminal } };
}

it("brings a shell to another machine, which the server cannot read", async () => {
  const { one, other } = await both();
  expect(await other.read()).toMatchObject({ theme: "plain", environment: { EDITOR: "vi" } });
  expect((await stat(one.key)).mode & 0o777).toBe(0o600);
  const { rows } = await sql<{ text: string }>`SELECT text FROM sync_object`.execute(server.database.db);
  expect(rows.length).toBe(2);
  expect(JSON.stringify(rows)).not.toMatch(/canary|EDITOR|plain/);
  expect((await other.terminal("pull")).stdout).toContain("has it all already");
  expect((await other.terminal("push")).stdout).toContain("nothing to push");
});

it("brings together what two machines have changed, and keeps what was there", async () => {
  const { one, other } = await both();
  await one.write("theme: plain\nenvironment: { EDITOR: vi, PAGER: less }\n");
  await other.write("theme: server\nenvironment: { EDITOR: vi, SECRET_CANARY: canary-one }\n");
  expect((await one.terminal("push", one.file)).code).toBe(0);
  const pushed = await other.terminal("push");
  expect([pushed.code, pushed.stdout]).toEqual([
    0,
    expect.stringContaining("your other machines have changed"),
  ]);
  expect(await other.read()).toMatchObject({ theme: "server", environment: { EDITOR: "vi", PAGER: "less" } });
  expect(await readFile(`${other.file}.before-sync`, "utf8")).toContain("canary-one");
  await one.terminal("pull", one.file);
  expect(await one.read()).toEqual(await other.read());
});

it("asks who is right where both have changed one thing, and changes nothing until then", async () => {
  const { one, other } = await both();
  await one.write("theme: server\n");
  await one.terminal("push", one.file);
  const mine = "theme: minimal\nenvironment: { EDITOR: vi, SECRET_CANARY: canary-one }\n";
  await other.write(mine);
  const asked = await other.terminal("push");
  expect([asked.code, asked.stderr]).toEqual([
    6,
    expect.stringMatching(/theme: here "minimal", there "server"/),
  ]);
  expect(await readFile(other.file, "utf8")).toBe(mine);
  await other.terminal("pull", "--prefer", "theirs");
  expect(await other.read()).toMatchObject({ theme: "server", environment: {} });
});

it("goes back to an older version, which the next push makes the current one", async () => {
  const { one } = await both();
  await one.write("theme: server\n");
  await one.terminal("push", one.file);
  const { versions } = (await one.terminal("versions", "--json")).json<{
    versions: { revision: string }[];
  }>();
  expect(versions).toHaveLength(2);
  const oldest = versions[1]?.revision ?? "";
  expect((await one.terminal("pull", one.file, "--revision", oldest.slice(0, 12))).code).toBe(0);
  expect(await one.read()).toMatchObject({ theme: "plain" });
  expect((await one.terminal("push", one.file)).stdout).toMatch(/^pushed/);
});

it("says what is wrong with a key, and makes no second one", async () => {
  await both();
  const third = on(await temporaryFolder());
  const absent = await third.terminal("pull", third.file);
  expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining("copy it from the machine")]);
  await writeFile(path.join(desk, "open"), "AGE-SECRET-KEY-1X\n", { mode: 0o644 });
  const open = await third.terminal("pull", third.file, "--key", path.join(desk, "open"));
  expect([open.code, open.stderr]).toEqual([2, expect.stringContaining("chmod 600")]);
  await rm(laptop, { recursive: true });
});
