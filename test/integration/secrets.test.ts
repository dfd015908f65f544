import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Deployment } from "../../automation-api/deployments/contract.ts";
import { servicesFolder } from "../../plugins/roost/service/place.ts";
import { readSecrets, servicePaths } from "../../plugins/roost/service/record.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { Canaries, Lookout, textOfDatabase, textOfFiles } from "../support/canaries.ts";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../support/database.ts";
import { packProgram } from "../support/programs.ts";
import { serviceIds } from "../support/services.ts";

jest.setTimeout(180_000);
const suite = reasonToSkip("engine", "postgres") ? describe.skip : describe;

const run = randomBytes(6).toString("hex");
const canary = (name: string): string => `canary-${name}-${run}`;
/** Something that is no secret: a search that does not find it shows nothing. */
const known = `known-${run}`;
const secrets = {
  password: canary("config"),
  nested: { key: canary("nested") },
  lines: `begin\n${canary("line")}\nend\n`,
};
const adminToken = canary("admin-token").padEnd(40, "x");
const masterKey = randomBytes(32).toString("base64");

const canaries = new Canaries();
let database: TestDatabase;
let cluster: Cluster;
let client: Client;
let lookout: Lookout;
/** Everything that the API has answered. */
const replies: string[] = [];
const deployments: Deployment[] = [];

/** Uses its secrets in every way: printed, logged, given to a command, exported, and put into an error. */
const program = `
  import { local } from "@pulumi/command";
  import * as pulumi from "@pulumi/pulumi";
  const config = new pulumi.Config();
  const password = config.requireSecret("password");
  console.log("on standard output", config.require("password"), config.require("plain"));
  console.error("on standard error", config.require("password"), "nested", config.requireObject("nested").key);
  console.log(config.require("lines").split("\\n")[1], "is one line");
  pulumi.log.warn("as a warning " + config.require("password"));
  const command = new local.Command("command", {
    create: 'echo "out $PASSWORD"; echo "err $PASSWORD" >&2; exit "$CODE"',
    environment: { PASSWORD: password, CODE: config.require("code") },
    triggers: [config.require("plain")],
  });
  if (config.getBoolean("fail")) throw new Error("cannot log in with " + config.require("password"));
  export const stdout = command.stdout;
  export const key = config.requireSecretObject("nested");
  export const plain = config.require("plain");
`;

async function ask(
  method: string,
  place: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Response> {
  const response = await client.fetch(method, place, body, headers);
  replies.push(
    `${method} ${place}: ${response.status} ${await response.clone().text()} ${[...response.headers].join()}`,
  );
  return response;
}

async function deploy(input: Record<string, unknown>): Promise<Deployment> {
  const body = { operation: "update", stack: "dev", ...input };
  const response = await ask("POST", "/api/v1/deployments", body, {
    "idempotency-key": randomBytes(8).toString("hex"),
  });
  expect(response.status).toBe(202);
  const ended = await client.ended(((await response.json()) as Deployment).id);
  deployments.push(ended);
  return ended;
}

/** Files that hold secrets because they are made for it: they are private, which is looked at by itself. */
function isKeyFile(file: string): boolean {
  return ["secrets.json", "credentials.json"].includes(path.basename(file)) || file.includes("node_modules");
}

/** What reaches a process: the run token the engine only, the server's own secrets nobody. */
function environmentFaults(command: string, environment: string[]): string[] {
  for (const entry of environment) {
    const token = /^PULUMI_ACCESS_TOKEN=(roost_run_.*)/s.exec(entry)?.[1];
    if (token) canaries.add(`run token ${token.slice(10, 16)}`, token);
  }
  // A child is its parent for a moment, until it has become another program.
  if (command.includes("server-process.ts")) return [];
  return [masterKey, adminToken, String(database.connection.password)]
    .filter((secret) => environment.some((entry) => entry.includes(secret)))
    .map(() => `a secret of the server is in the environment of ${command}`);
}

suite("secrets", () => {
  beforeAll(async () => {
    database = await testDatabase();
    canaries.add("config", secrets.password);
    canaries.add("nested", secrets.nested.key);
    for (const name of ["api-key", "line", "git", "misplaced", "command", "changed"])
      canaries.add(name, canary(name));
    canaries.add("admin token", adminToken);
    canaries.add("master key", masterKey);
    canaries.add("bytes of the master key", Buffer.from(masterKey, "base64"));
    canaries.add("database password", String(database.connection.password));
    cluster = await Cluster.open({
      DATABASE_URL: databaseUrl(database.connection),
      ROOST_MASTER_KEY: masterKey,
      ROOST_ADMIN_TOKEN: adminToken,
      ROOST_LOG_LEVEL: "trace",
    });
    await cluster.add("server");
    client = new Client(() => cluster.url, adminToken);
    lookout = new Lookout({
      canaries,
      folder: cluster.folder,
      // The server's log is read at the end: it grows all the time.
      skip: (file) => isKeyFile(file) || file.endsWith(".log"),
      judge: environmentFaults,
    });
  });

  afterAll(async () => {
    await lookout?.end();
    await cluster?.close();
    await database?.close();
  });

  it("are used by programs, commands and services", async () => {
    const upload = await fetch(`${cluster.url}/api/v1/programs`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/gzip" },
      body: new Uint8Array(packProgram(program)),
    });
    const archive = { archive: ((await upload.json()) as { id: string }).id };
    const config = { plain: known, code: "0", fail: "false" };
    const first = await deploy({ project: "keeper", program: archive, config, secrets });
    expect(first).toMatchObject({ state: "succeeded", outputs: { stdout: { secret: true }, plain: known } });
    const changed = { operation: "preview", secrets: { password: canary("changed") } };
    expect(await deploy({ project: "keeper", ...changed })).toMatchObject({
      state: "succeeded",
      changes: { update: 1 },
    });
    const thrown = await deploy({ project: "keeper", config: { fail: "true" } });
    expect(thrown).toMatchObject({
      state: "failed",
      error: expect.stringContaining("cannot log in with [secret]"),
    });
    const broken = { config: { ...config, code: "3" }, secrets: { ...secrets, password: canary("command") } };
    const ended = await deploy({ project: "broken", program: archive, ...broken });
    expect(ended).toMatchObject({ state: "failed", error: expect.stringContaining("err [secret]") });

    const apiKey = canary("api-key");
    const hello = await deploy({ project: "hello", program: { builtin: "hello" }, secrets: { apiKey } });
    expect(hello.state).toBe("succeeded");
    const facts = await fetch(`${hello.outputs.url}/facts`);
    expect(await facts.json()).toMatchObject({ apiKey: "given" });
    const [service] = serviceIds(cluster.folder);
    expect(readSecrets(servicePaths(cluster.folder, service!))).toEqual({ API_KEY: apiKey });
  });

  it("are not repeated to who puts them in the wrong place", async () => {
    const input = { project: "wrong", stack: "dev", operation: "update" };
    const wrong = [
      { ...input, program: { builtin: "hello" }, config: { apiKey: canary("misplaced") } },
      { ...input, program: { builtin: "noop" }, secrets: { count: canary("misplaced") } },
      {
        ...input,
        program: { builtin: "hello" },
        secrets: { apiKey: canary("misplaced"), port: 1 },
        colour: 1,
      },
      { ...input, program: { git: { url: `https://user:${canary("misplaced")}@git.example.com/x` } } },
    ];
    for (const body of wrong) expect((await ask("POST", "/api/v1/deployments", body)).status).toBe(400);
    const credential = { name: "git", url: "https://git.example.com", password: canary("git") };
    expect((await ask("POST", "/api/v1/credentials", credential)).status).toBe(201);
    const unknown = await fetch(`${cluster.url}/api/v1/me`, {
      headers: { authorization: `Bearer ${canary("git")}` },
    });
    replies.push(await unknown.text());
    expect(unknown.status).toBe(401);
    const made = await client.call<{ token: string }>("POST", "/api/v1/tokens", { name: "shown once" });
    canaries.add("created token", made.token);
    expect((await new Client(cluster.url, made.token).fetch("GET", "/api/v1/me")).status).toBe(200);
  });

  it("are in no reply, event or log of a deployment", async () => {
    const lists = "deployments projects stacks resources audit tokens accounts credentials me system".split(
      " ",
    );
    const stacks = deployments.map(({ project, stack }) => `/api/v1/stacks/${project}/${stack}`);
    const protocol = deployments.map(({ project, stack }) => `/api/stacks/roost/${project}/${stack}`);
    const places = [
      ...lists.map((name) => `/api/v1/${name}`),
      ...deployments.flatMap(({ id }) =>
        ["", "/log", "/events"].map((end) => `/api/v1/deployments/${id}${end}`),
      ),
      ...[...new Set(stacks)].flatMap((stack) => [stack, `${stack}/history`]),
      ...[...new Set(protocol)].flatMap((stack) => [`${stack}/export`, `${stack}/updates`, stack]),
      ...["/api/v1/audit/export", "/metrics", "/openapi.json", "/ready", "/"],
    ];
    for (const place of places) expect([place, (await ask("GET", place)).status]).toEqual([place, 200]);
    const text = replies.join("\n");
    expect(canaries.in("replies", text)).toEqual([]);
    expect(text).toContain(known);
    // What the program and its command said is there, with the secret masked.
    for (const said of [
      "on standard output [secret]",
      "on standard error [secret] nested [secret]",
      "as a warning [secret]",
      "[secret] is one line",
      "out [secret]",
    ]) {
      expect(text).toContain(said);
    }
  });

  it("are in no row of any table, nor in any state", async () => {
    const texts = await textOfDatabase(database.db);
    expect([...texts].flatMap(([place, text]) => canaries.in(place, text))).toEqual([]);
    for (const place of ["table public.deployment", "table public.event", "states"]) {
      expect(texts.get(place)).toContain(known);
    }
  });

  it("are in no log of the server, no command line, no environment and no file that is not made for them", async () => {
    await lookout.end();
    expect([...lookout.hits]).toEqual([]);
    // It has looked where there is something to see.
    const seen = [...lookout.commands].join("\n");
    for (const word of ["pulumi up", "language-nodejs", "server.mjs", "supervisor.ts"])
      expect(seen).toContain(word);
    expect(lookout.files.some((file) => file.endsWith("Pulumi.dev.yaml"))).toBe(true);
    const left = textOfFiles(cluster.folder, isKeyFile);
    expect([...left].flatMap(([file, text]) => canaries.in(file, text))).toEqual([]);
    const log = [...left].find(([file]) => path.basename(file).startsWith("server-"))!;
    expect(log[1]).toContain("/api/v1/deployments");
    const folder = servicesFolder(cluster.folder);
    for (const id of serviceIds(cluster.folder)) {
      expect(statSync(path.join(folder, id, "secrets.json")).mode & 0o777).toBe(0o600);
    }
  });
});
