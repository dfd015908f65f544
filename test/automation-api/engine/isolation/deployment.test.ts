import { readdirSync, readFileSync } from "node:fs";
import { chmod, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { Client } from "../../../support/client.ts";
import { Cluster } from "../../../support/cluster.ts";
import { repository } from "../../../support/engine.ts";
import { until } from "../../../support/processes.ts";
import { startGitServer } from "../../git/git-server.ts";
import { makeTarGz } from "../../programs/tarball.ts";
import { type Probed, probe, type Targets } from "./fixtures/prober/probe.ts";
import { processesOfUsers } from "./runner-processes.ts";

const reason = reasonToSkip("root", "engine", "postgres");
const fixture = fileURLToPath(new URL("./fixtures/prober", import.meta.url));
const canary = "canary-of-the-settings-0123456789abcdef";

let cluster: Cluster;
let client: Client;
let programs: string;

async function addProgram(name: string, files: Record<string, string> = {}): Promise<string> {
  const folder = path.join(programs, name);
  await cp(fixture, folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(path.join(folder, file), content);
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}

(reason ? describe.skip : describe)("what a user supplies, on a server that runs as root", () => {
  beforeAll(async () => {
    const roots = path.join(process.env.ROOST_TEST_RUN as string, `programs-${process.pid}`);
    await mkdir(roots, { mode: 0o755 });
    programs = roots;
    cluster = await Cluster.open({
      ROOST_PROGRAM_ROOTS: roots,
      ROOST_DATABASE_PORT: "0",
      ROOST_WARM_RUNNERS: "2",
      ROOST_OUTBOUND_ALLOW: "localhost",
    });
    await cluster.add("server", { AWS_SECRET_ACCESS_KEY: canary });
    client = new Client(cluster.url, await cluster.token());
  }, 120_000);

  afterAll(async () => {
    await cluster?.close();
  }, 60_000);

  it("can read no key, token, environment, memory, database or folder of anyone else, as program or as command", async () => {
    const folder = await addProgram("prober");
    const homes = path.join(cluster.folder, "runners");
    await until("two runners wait, of which one will be used", () => readdirSync(homes).length >= 2, 60);
    const targets: Targets = {
      files: secretFiles(),
      folders: [cluster.folder, ...foldersOfRunners(homes)],
      sockets: socketFiles(),
      ports: [databasePort()],
      secrets: [canary],
    };
    const { id } = await client.deploy({
      project: "prober",
      stack: "dev",
      program: { folder },
      config: { targets: JSON.stringify(targets) },
    });
    const token = await until("an engine holds an access token", () => engineToken(), 60);
    const ended = await client.ended(id, 120_000);
    expect(ended).toMatchObject({ state: "succeeded", error: null });
    const outputs = ended.outputs as Record<string, string>;
    const [program, command] = [outputs.program, outputs.fromCommand].map(
      (printed) => JSON.parse(printed as string) as Probed,
    );
    expect([program!.done, command!.done]).toEqual([[], []]);
    expect(program!.user).toBe(command!.user);
    // Another user than the engine's, which held a token all the while, and than the runner's.
    expect([token.user, token.user - 1]).toEqual([program!.user! - 1, program!.user! - 2]);
    expect(JSON.stringify(await client.events(id))).not.toContain(token.token);
    await until(
      "nothing is left of this runner",
      () => processesOfUsers([program!.user!, token.user]).length === 0,
    );
    // All of it was worth trying: who has the rights can do each of these things at the same places.
    const { done } = await probe({ ...targets, folders: [cluster.folder] });
    for (const file of targets.files)
      expect(done).toEqual(expect.arrayContaining([`read ${file}`, `write ${file}`]));
    for (const what of [/^read environ of \d+ /, /^open mem of \d+ /, /^signal /, /^connect to .*PGSQL/]) {
      expect(done).toContainEqual(expect.stringMatching(what));
    }
    expect(targets.files.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(["master.key", "admin-token", "password"]),
    );
    expect(targets.sockets.filter((file) => file.startsWith("/run/roost")).length).toBeGreaterThanOrEqual(4);
  }, 240_000);

  const manifests: [string, string][] = [
    ["plugins", "plugins:\n  providers:\n    - name: evil\n      path: ./evil\n"],
    ["packages", "packages:\n  evil: ./evil\n"],
  ];

  it.each(manifests)(
    "cannot have the engine start programs as itself by naming %s",
    async (key, text) => {
      const folder = await addProgram(`manifest-${key}`, {
        "Pulumi.yaml": `name: manifest\nruntime: nodejs\n${text}`,
      });
      const { id } = await client.deploy({ project: "manifest", stack: key, program: { folder } });
      const ended = await client.ended(id, 60_000);
      expect(ended.state).toBe("failed");
      expect(ended.error).toContain(`names ${key}`);
    },
    120_000,
  );

  it("runs its dynamic providers as itself, not as the engine", async () => {
    const program = `
      import * as pulumi from "@pulumi/pulumi";
      class Who extends pulumi.dynamic.Resource {
        constructor() {
          const create = async () => ({ id: "who", outs: { user: process.getuid(), names: Object.keys(process.env) } });
          super({ create }, "who", { user: undefined, names: undefined });
        }
      }
      const who = new Who();
      export const program = process.getuid();
      export const provider = who.user;
      export const names = who.names;
    `;
    const folder = await addProgram("dynamic", { "index.ts": program });
    const { id } = await client.deploy({ project: "dynamic", stack: "dev", program: { folder } });
    const ended = await client.ended(id, 90_000);
    expect(ended).toMatchObject({ state: "succeeded", error: null });
    const outputs = ended.outputs as { program: number; provider: number; names: string[] };
    expect(outputs.provider).toBe(outputs.program);
    expect(outputs.names.filter((name) => /^(ROOST_|PULUMI_(ACCESS|HOME|BACKEND))/.test(name))).toEqual([]);
  }, 150_000);

  it("cannot have a file of its own taken for a plugin of the engine", async () => {
    const folder = await addProgram("named", {
      "index.ts": `
        import * as pulumi from "@pulumi/pulumi";
        new pulumi.CustomResource("./evil:index:Thing", "thing", {});
      `,
    });
    const marks = path.join(programs, "marks");
    await mkdir(marks);
    await chmod(marks, 0o777);
    await mkdir(path.join(folder, "pulumi-resource-."));
    const script = `#!/bin/sh\nid -u >${marks}/$$\n`;
    await writeFile(path.join(folder, "pulumi-resource-.", "evil"), script, { mode: 0o755 });
    const { id } = await client.deploy({ project: "named", stack: "dev", program: { folder } });
    expect(await client.ended(id, 60_000)).toMatchObject({ state: "failed" });
    expect(readdirSync(marks)).toEqual([]);
  }, 120_000);

  // In place of the SDK's own: it is the user's too when it comes with the program.
  const broughtAlong = {
    "Pulumi.yaml": "name: brought\nruntime: nodejs\n",
    "package.json": "{}",
    "index.js": "",
    "node_modules/@pulumi/pulumi/cmd/run/index.js": `
      const { readdirSync } = require("node:fs");
      const secret = Object.keys(process.env).filter((name) => /^(ROOST_|PULUMI_(ACCESS|HOME|BACKEND))/.test(name));
      console.log("ran as", process.getuid(), "in", readdirSync(".").sort().join(), "with", secret.join() || "nothing");
    `,
  };
  const expectedLine =
    /ran as (19\d{8}|5\d{4}) in Pulumi\.dev\.yaml,Pulumi\.yaml,index\.js,node_modules,package\.json with nothing/;

  it("is unpacked from an archive and run by the same unprivileged user", async () => {
    const entries = Object.entries(broughtAlong).map(([name, content]) => ({
      path: name,
      content,
      mode: 0o600,
    }));
    const response = await fetch(`${cluster.url}/api/v1/programs`, {
      method: "POST",
      headers: { authorization: `Bearer ${await cluster.token()}`, "content-type": "application/gzip" },
      body: new Uint8Array(makeTarGz(entries)),
    });
    expect(response.status).toBe(201);
    const { id: archive } = (await response.json()) as { id: string };
    const { id } = await client.deploy({ project: "archived", stack: "dev", program: { archive } });
    const ended = await client.ended(id, 60_000);
    expect(ended).toMatchObject({ state: "succeeded", error: null });
    expect(JSON.stringify(await client.events(id))).toMatch(expectedLine);
  }, 120_000);

  it("is fetched by git and run by the same unprivileged user", async () => {
    const server = await startGitServer();
    try {
      await server.commit("brought", broughtAlong);
      const git = { url: `http://localhost:${server.port}/brought`, ref: "main" };
      const { id } = await client.deploy({ project: "fetched", stack: "dev", program: { git } });
      const ended = await client.ended(id, 60_000);
      expect(ended).toMatchObject({ state: "succeeded", error: null });
      expect(JSON.stringify(await client.events(id))).toMatch(expectedLine);
    } finally {
      await server.close();
    }
  }, 120_000);

  it("cannot have a file of the engine read for it by a provider", async () => {
    const program = `
      import { local } from "@pulumi/command";
      import { readdirSync } from "node:fs";
      const home = process.env.HOME.replace(/home$/, "engine/pulumi");
      new local.Command("reader", { create: "true", dir: home, assetPaths: ["**"] });
    `;
    const folder = await addProgram("reader", { "index.ts": program });
    const { id } = await client.deploy({ project: "reader", stack: "dev", program: { folder } });
    const ended = await client.ended(id, 60_000);
    expect(ended).toMatchObject({ state: "failed" });
    expect(ended.error).toMatch(/EACCES|permission denied/);
  }, 120_000);
});

/** What root finds with the same means: so the places are the right ones. */
function secretFiles(): string[] {
  const found = readdirSync(cluster.folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && /^(master\.key|admin-token|password)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function foldersOfRunners(homes: string): string[] {
  const parts = ["", "runner", "engine", "engine/pulumi", "home", "work", "work/program"];
  return readdirSync(homes).flatMap((name) => parts.map((part) => path.join(homes, name, part)));
}

function socketFiles(): string[] {
  const launchers = readdirSync("/run/roost/sockets").map((name) => path.join("/run/roost/sockets", name));
  const postgres = readdirSync(cluster.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSocket())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return [...launchers, ...postgres];
}

function databasePort(): number {
  const pidFile = path.join(cluster.folder, "postgres", "data", "postmaster.pid");
  return Number(readFileSync(pidFile, "utf8").split("\n")[3]);
}

/** Of this test's server: others may be at work on the machine. */
function engineToken(): { token: string; user: number } | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      if (!environment.includes(`HOME=${cluster.folder}/`)) continue;
      const token = /(?:^|\0)PULUMI_ACCESS_TOKEN=([^\0]+)/.exec(environment)?.[1];
      const user = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
      if (token && user > 0) return { token, user };
    } catch {
      // It has just ended.
    }
  }
  return undefined;
}
