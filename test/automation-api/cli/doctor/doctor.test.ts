import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ensureFirstAdmin } from "../../../../automation-api/access/service.ts";
import type { Finding } from "../../../../automation-api/cli/doctor/finding.ts";
import { findEmbedded } from "../../../../automation-api/db/embedded.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../../../support/database.ts";
import { roost, temporaryFolder } from "../terminal.ts";

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = await temporaryFolder();
  database = await testDatabase();
});
afterAll(async () => {
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

const PATH = process.env.PATH;
const byName = (findings: Finding[]) => Object.fromEntries(findings.map((each) => [each.name, each]));

it("works without a server, and makes nothing", async () => {
  const ROOST_DATA_DIR = path.join(folder, "data");
  const ROOST_DOCKER_SOCKET = path.join(folder, "no-docker.sock");
  const call = await roost(["doctor", "--json"], {
    env: { PATH, ROOST_DATA_DIR, ROOST_PORT: "0", ROOST_DOCKER_SOCKET },
    home: folder,
  });
  const found = byName(call.json<Finding[]>());
  const names = [
    "settings",
    "node",
    "engine",
    "plugins",
    "data folder",
    "master key",
    "database",
    "isolation",
    "address",
    "certificate",
    "sessions",
  ];
  expect(Object.keys(found)).toEqual(names);
  expect(found.database?.found).toContain("does not run now");
  expect(await readdir(folder)).toEqual([]);
});

it("asks a running database for its version, schema, disk use and workers", async () => {
  await ensureFirstAdmin(database.db, {
    ROOST_ORGANIZATION: "roost",
    ROOST_DATA_DIR: path.join(folder, "keys"),
  });
  const env = {
    PATH,
    DATABASE_URL: databaseUrl(database.connection),
    ROOST_DATA_DIR: folder,
    ROOST_PORT: "0",
  };
  const call = await roost(["doctor", "--json"], { env, home: folder });
  const found = byName(call.json<Finding[]>());
  expect(found.database).toMatchObject({
    state: "ok",
    found: expect.stringMatching(/^PostgreSQL 1\d.*; schema \d{4}-/),
  });
  expect(found["disk use"]?.found).toContain("database ");
  expect(found.workers?.found).toBe("none now");
  expect(call.stdout).not.toContain(String(database.connection.password));
});

it("names every fault of the settings, looks at the rest all the same, and ends with exit code 1", async () => {
  const env = { PATH, ROOST_PORT: "many", ROOST_NONSENSE: "1", ROOST_DATA_DIR: path.join(folder, "data") };
  const { code, stdout } = await roost(["doctor"], { env, home: folder });
  expect(code).toBe(1);
  expect(stdout).toMatch(/settings +fault +2 faults\n +.*ROOST_PORT.*ROOST_NONSENSE/);
  expect(stdout).toContain(`${path.join(folder, "data")}: not made yet`);
});

it("finds the embedded database of a data folder while it runs", async () => {
  const running = await findEmbedded(process.env.ROOST_TEST_RUN as string);
  expect(running?.connection).toMatchObject({ user: "roost", password: database.connection.password });
  expect(await findEmbedded(folder)).toBeUndefined();
});
