import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { parseAllowRules } from "../../../automation-api/git/index.ts";
import { openSyncStore, type SyncStore } from "../../../automation-api/sync/service.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";
import { installMoto, type Moto, startMoto } from "../../support/moto.ts";
import { type GitServer, startGitServer } from "../git/git-server.ts";

// Each step is a process of git.
jest.setTimeout(90_000);

let database: TestDatabase;
let git: GitServer;
let folder: string;
let moto: Moto | undefined;
const motoProgram = await installMoto();
beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(path.join(tmpdir(), "sync-"));
  git = await startGitServer({ writable: true, login: "roost:canary-password" });
});
afterAll(async () => {
  await database.close();
  await git.close();
  await moto?.close();
  await rm(folder, { recursive: true, force: true });
});

let opened = 0;
/** A process of its own: another local copy. */
const open = (store?: string, login?: string): SyncStore =>
  openSyncStore(
    database.db,
    { ROOST_DATA_DIR: path.join(folder, String(opened++)), ROOST_SYNC_STORE: store, ROOST_SYNC_LOGIN: login },
    parseAllowRules(["127.0.0.1"]),
  );

const s3: [string, () => Promise<() => SyncStore>] = [
  "an emulated S3",
  async () => {
    moto = await startMoto(motoProgram ?? "");
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });
    await fetch(`${moto.url}/shells`, { method: "PUT" });
    return () => open(`s3://shells/some/where?endpoint=${encodeURIComponent(moto?.url ?? "")}`);
  },
];

const kinds: [string, () => Promise<() => SyncStore>][] = [
  ...(motoProgram === undefined ? [] : [s3]),
  ["the database", async () => () => open()],
  [
    "a Git repository",
    async () => {
      await git.init("shells.git");
      return () => open(`${git.url}/shells.git#main`, "roost:canary-password");
    },
  ],
];

describe.each(kinds)("%s", (_, prepare) => {
  let machine: () => SyncStore;
  beforeAll(async () => {
    machine = await prepare();
  });
  const swap = (store: SyncStore, key: string, text: string, tag: string | null, more = {}) =>
    store.swap({ key, text, tag, with: {}, without: [], ...more });

  it("swaps an object with what belongs to it, for all processes", async () => {
    const [one, other] = [machine(), machine()];
    expect(await one.read("a/index.json")).toBeUndefined();
    expect(await swap(one, "a/index.json", "1", null, { with: { "a/x.age": "X" } })).toBe(true);
    expect(await other.read("a/index.json")).toMatchObject({ text: "1" });
    expect((await other.read("a/x.age"))?.text).toBe("X");
    const tag = (await other.read("a/index.json"))?.tag ?? "";
    expect(
      await swap(other, "a/index.json", "2", tag, { with: { "a/y.age": "Y" }, without: ["a/x.age"] }),
    ).toBe(true);
    expect((await one.read("a/index.json"))?.text).toBe("2");
    expect((await one.read("a/y.age"))?.text).toBe("Y");
    expect(await one.read("a/x.age")).toBeUndefined();
  });

  it("refuses a swap of what is no longer there, and changes nothing then", async () => {
    const [one, other] = [machine(), machine()];
    await swap(one, "b/index.json", "1", null);
    const tag = (await one.read("b/index.json"))?.tag ?? "";
    expect(await swap(other, "b/index.json", "2", tag)).toBe(true);
    expect(await swap(one, "b/index.json", "3", tag)).toBe(false);
    expect(await swap(one, "b/index.json", "3", null)).toBe(false);
    expect((await one.read("b/index.json"))?.text).toBe("2");
  });

  it("lets one of several swaps win, and those of other objects all", async () => {
    const all = await Promise.all(
      ["1", "2"].map(async (text) => [
        await swap(machine(), "c/index.json", text, null),
        await swap(machine(), `c${text}/index.json`, text, null),
      ]),
    );
    expect(all.filter(([won]) => won)).toHaveLength(1);
    expect(all.every(([, own]) => own)).toBe(true);
    const winner = ["1", "2"][all.findIndex(([won]) => won)];
    expect((await machine().read("c/index.json"))?.text).toBe(winner);
  });
});

it("says that a repository cannot be used, without its password or address", async () => {
  const store = open(`${git.url}/shells.git`, "roost:wrong-canary");
  await expect(store.read("a/index.json")).rejects.toMatchObject({
    code: "unavailable",
    message: expect.not.stringMatching(/canary|127\.0\.0\.1/),
  });
});

it.each([
  ["file:///etc", /only https/],
  ["https://user:pw@git.example.com/x.git", /user or password/],
  ["http://git.example.com/x.git#a..b", /branch/],
  ["s3://", /expected s3/],
  ["s3://bucket?accessKey=1", /expected s3/],
  ["s3://bucket?endpoint=nowhere", /expected s3/],
])("refuses %s as a store", (text, message) => {
  expect(() => open(text)).toThrow(message);
});
