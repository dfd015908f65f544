import { execFileSync } from "node:child_process";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { checkCertificate } from "../../../../automation-api/cli/doctor/certificate.ts";
import { checkDataFolder, checkMasterKeyFile } from "../../../../automation-api/cli/doctor/data-folder.ts";
import { checkDatabase, judge, withoutPassword } from "../../../../automation-api/cli/doctor/database.ts";
import { renderFindings } from "../../../../automation-api/cli/doctor/finding.ts";
import { checkAddress } from "../../../../automation-api/cli/doctor/network.ts";
import { checkPlugins, checkToolchain } from "../../../../automation-api/cli/doctor/toolchain.ts";
import { readSettings } from "../../../../automation-api/config.ts";
import { migrationNames } from "../../../../automation-api/db/migrate.ts";
import { temporaryFolder } from "../terminal.ts";

let folder: string;
const servers: Server[] = [];
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const settingsWith = (env: Record<string, string>) => readSettings(folder, { ...env });
const missing = { found: false as const, reason: "no pulumi CLI", next: ["install it"] };

it("shows what of the toolchain was found, where and how, and what to do about the rest", () => {
  const node = { found: true as const, path: "/n", version: "24.1.0", how: "on PATH" };
  const [first, second] = checkToolchain(
    { node, engine: missing, database: missing, cache: "/c" },
    "v24.1.0",
  );
  expect(first).toMatchObject({ state: "ok", found: expect.stringContaining("24.1.0 (on PATH)") });
  expect(second).toEqual({
    name: "engine",
    state: "fault",
    found: "none",
    reason: "no pulumi CLI",
    next: ["install it"],
  });
});

it("lists plugins beside the engine and in PULUMI_HOME, and misses the language host", async () => {
  const [bin, home] = [path.join(folder, "bin"), path.join(folder, "home")];
  await mkdir(bin);
  await mkdir(path.join(home, "plugins", "resource-aws-v7.48.0"), { recursive: true });
  await writeFile(path.join(home, "plugins", "resource-aws-v7.48.0.lock"), "");
  const engine = { found: true as const, path: path.join(bin, "pulumi"), version: "3.259.0", how: "on PATH" };
  expect(await checkPlugins(engine, home)).toMatchObject({
    state: "warning",
    reason: expect.stringContaining("language host"),
  });
  await writeFile(path.join(bin, "pulumi-language-nodejs"), "");
  const found = await checkPlugins(engine, home);
  expect(found).toMatchObject({
    state: "ok",
    found: expect.stringMatching(/language-nodejs.*resource-aws-v7.48.0$/),
  });
});

it("looks at the data folder without making it", async () => {
  const place = path.join(folder, "not", "there");
  expect(await checkDataFolder(place)).toMatchObject({
    state: "ok",
    found: expect.stringContaining("not made yet"),
  });
  await writeFile(path.join(folder, "file"), "x");
  expect(await checkDataFolder(path.join(folder, "file"))).toMatchObject({
    state: "fault",
    reason: "it is no folder",
  });
  await mkdir(path.join(folder, "data", "inner"), { recursive: true });
  await writeFile(path.join(folder, "data", "inner", "big"), Buffer.alloc(1_000_000, "x"));
  expect((await checkDataFolder(path.join(folder, "data"))).found).toMatch(/1\.0 MB in 1 files; .* free/);
});

it("finds a master key that others can read, and one that is lost", async () => {
  const data = path.join(folder, "keyed");
  const settings = { ROOST_DATA_DIR: data };
  expect((await checkMasterKeyFile(settings)).found).toContain("not made yet");
  await mkdir(path.join(data, "postgres"), { recursive: true });
  expect(await checkMasterKeyFile(settings)).toMatchObject({
    state: "fault",
    reason: expect.stringContaining("missing"),
  });
  const file = path.join(data, "master.key");
  await writeFile(file, "key", { mode: 0o600 });
  expect(await checkMasterKeyFile(settings)).toMatchObject({ state: "ok", found: `${file} (0600)` });
  await chmod(file, 0o640);
  expect(await checkMasterKeyFile(settings)).toMatchObject({ state: "fault", next: [`chmod 600 ${file}`] });
});

it.each([
  ["an old PostgreSQL", { versionNumber: 130_011 }, "fault", "PostgreSQL 14"],
  ["an empty database", { migrations: [] }, "ok", undefined],
  ["a newer schema", { migrations: [...migrationNames, "9999-x"] }, "fault", "newer Roost (9999-x)"],
  ["an older schema", { migrations: migrationNames.slice(0, 1) }, "warning", "older than this release"],
  ["the schema of this release", {}, "ok", undefined],
])("judges %s", (_name, given, state, reason) => {
  const installation = {
    version: "18",
    versionNumber: 180_000,
    migrations: [...migrationNames],
    organization: undefined,
  };
  const found = judge("here", { ...installation, ...given });
  expect(found).toMatchObject({ state, ...(reason && { reason: expect.stringContaining(reason) }) });
});

it("says that a database cannot be reached, without its password", async () => {
  const settings = settingsWith({ DATABASE_URL: "postgres://me:s3cret@127.0.0.1:1/db" });
  const [found] = await checkDatabase(settings, missing);
  expect(found).toMatchObject({
    state: "fault",
    found: "postgres://me@127.0.0.1:1/db",
    reason: expect.stringContaining("ECONNREFUSED"),
  });
  expect(JSON.stringify(found)).not.toContain("s3cret");
  expect(withoutPassword("postgres:///db?host=/run/pg&password=s3cret")).toBe("postgres:///run/pg/db");
});

async function listening(answer: string): Promise<string> {
  const server = createServer((_, response) => void response.end(answer));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return String((server.address() as AddressInfo).port);
}

it("tells a free address, one with a Roost, and one that something else has", async () => {
  const ours = settingsWith({ ROOST_PORT: await listening('{"status":"ok"}') });
  expect((await checkAddress(ours)).found).toContain("a Roost server answers");
  const taken = settingsWith({ ROOST_PORT: await listening("hello") });
  expect(await checkAddress(taken)).toMatchObject({
    state: "warning",
    reason: expect.stringContaining("something else"),
  });
  expect((await checkAddress(settingsWith({ ROOST_PORT: "0" }))).state).toBe("ok");
  const elsewhere = settingsWith({ ROOST_HOST: "192.0.2.1", ROOST_BEHIND_PROXY: "1", ROOST_PORT: "18000" });
  expect(await checkAddress(elsewhere)).toMatchObject({
    state: "fault",
    reason: expect.stringContaining("EADDRNOTAVAIL"),
  });
});

it("reads certificates: good, soon over, over, not yet, of another key", async () => {
  const [cert, key, other] = ["cert.pem", "key.pem", "other.pem"].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const subject = ["-subj", "/CN=roost", "-addext", "subjectAltName=DNS:roost.example"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "90", "-keyout", key, "-out", cert, ...subject],
    { stdio: "ignore" },
  );
  execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", other], { stdio: "ignore" });
  const settings = settingsWith({ ROOST_TLS_CERT: cert, ROOST_TLS_KEY: key });
  const inDays = (days: number) => checkCertificate(settings, Date.now() + days * 86_400_000);
  expect(await inDays(0)).toMatchObject({
    state: "ok",
    found: expect.stringContaining("roost.example, until 20"),
  });
  expect(await inDays(80)).toMatchObject({
    state: "warning",
    reason: expect.stringMatching(/expires in (9|10) days/),
  });
  expect(await inDays(91)).toMatchObject({ state: "fault", reason: "it has expired" });
  expect(await inDays(-1)).toMatchObject({ state: "fault", next: ["check the clock of this machine"] });
  expect(await checkCertificate({ ...settings, ROOST_TLS_KEY: other })).toMatchObject({
    state: "fault",
    reason: "the key is not the certificate's",
  });
  expect(await checkCertificate({ ...settings, ROOST_TLS_CERT: key })).toMatchObject({
    state: "fault",
    reason: expect.stringContaining("cannot be read"),
  });
  expect((await checkCertificate(settingsWith({}))).state).toBe("ok");
});

it("prints each finding on a line, with reason and next step below what is not ok", () => {
  const text = renderFindings([
    { name: "node", state: "ok", found: "v24" },
    {
      name: "engine",
      state: "fault",
      found: "none",
      reason: "no CLI",
      next: ["install it", "or set ROOST_ENGINE"],
    },
  ]);
  expect(text).toBe(
    [
      "node    ok       v24",
      "engine  fault    none",
      "                 no CLI",
      "                 → install it",
      "                 → or set ROOST_ENGINE",
      "",
      "1 ok, 0 warnings, 1 faults\n",
    ].join("\n"),
  );
});
