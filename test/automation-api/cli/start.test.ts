import { chmod, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { projectFolder } from "../../support/database.ts";
import { type Started, startProgram } from "../../support/engine.ts";
import { until } from "../../support/processes.ts";

import { roost, temporaryFolder } from "./terminal.ts";

const withEngine = reasonToSkip("engine") ? describe.skip : describe;

let folder: string;
let server: Started | undefined;
beforeEach(async () => {
  folder = await temporaryFolder();
  await chmod(folder, 0o711);
});
afterEach(async () => {
  server?.end();
  await server?.done;
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

function start(args: string[], env: Record<string, string>): Started {
  const command = [path.join(projectFolder, "toolchain/roost"), ...args];
  server = startProgram(command, {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      ROOST_DATA_DIR: path.join(folder, "data"),
      ROOST_PORT: "0",
      ...env,
    },
  });
  return server;
}

it("starts a server, finds its way to it, and stops it in order with its database", async () => {
  const started = start(["start", "--json"], { ROOST_WORKERS: "0" });
  await started.printed('"url"');
  const { url, adminTokenFile } = JSON.parse(
    started
      .output()
      .split("\n")
      .find((line) => line.startsWith('{"url"')) ?? "",
  ) as {
    url: string;
    adminTokenFile: string;
  };
  expect(adminTokenFile).toBe(path.join(folder, "data", "admin-token"));
  expect(started.output()).not.toContain((await readFile(adminTokenFile, "utf8")).trim());
  // On this machine the server's own admin token is found without a login.
  const env = { ROOST_DATA_DIR: path.join(folder, "data"), ROOST_PORT: new URL(url).port };
  const status = (await roost(["status", "--json"], { env, home: folder })).json();
  expect(status).toMatchObject({
    address: url,
    system: { database: { embedded: true }, engine: null, workers: [] },
  });
  const doctor = await roost(["doctor"], { env: { ...env, PATH: process.env.PATH }, home: folder });
  expect(doctor.stdout).toMatch(/address +ok +.*a Roost server answers/);
  expect(doctor.stdout).toMatch(/database +ok +PostgreSQL .*embedded in .*process \d+; schema/);
  started.kill("SIGTERM");
  expect(await started.done).toMatchObject({ code: 0 });
  expect(await roost(["status"], { env, home: folder })).toMatchObject({ code: 5 });
  const after = await roost(["doctor"], { env: { ...env, PATH: process.env.PATH }, home: folder });
  expect(after.stdout).toContain("does not run now");
}, 60_000);

it("names every fault of the settings at once and starts nothing", async () => {
  const { code, stderr } = await start(["start"], {
    ROOST_PORT: "many",
    ROOST_NONSENSE: "1",
    ROOST_HOST: "0.0.0.0",
  }).done;
  expect(code).toBe(2);
  expect(stderr).toMatch(/ROOST_PORT.*ROOST_NONSENSE/s);
  expect(await readdir(folder)).toEqual([]);
}, 30_000);

withEngine("the first start", () => {
  it("deploys hello through the API, shows its events and outputs, and how to go on", async () => {
    const started = start(["start"], { ROOST_LOG_LEVEL: "warn" });
    await started.printed("Next: roost deploy hello/dev");
    const text = started.output();
    expect(text).toMatch(
      /Roost is ready\..*API +http.*documentation +http.*\/docs.*alias roost=\/.*toolchain\/roost.*roost login http.*pulumi login http/s,
    );
    expect(text).toMatch(/web-1 created.*Outputs:.*Deployment succeeded/s);
    const page = await fetch(/url *: "(http[^"]+)"/.exec(text)?.[1] ?? "");
    expect(await page.text()).toContain("Hello from Roost");
    const url = /API +(http\S+)/.exec(text)?.[1] as string;
    const env = {
      ROOST_URL: url,
      ROOST_TOKEN: (await readFile(path.join(folder, "data", "admin-token"), "utf8")).trim(),
    };
    const desk = await roost(["session", "start", "desk", "--json"], { env, home: folder });
    const { id, state, address } = desk.json<{
      id: string;
      state: string;
      address: { ip: string; port: number };
    }>();
    expect(state).toBe("active");
    const shown = await fetch(`http://${address.ip}:${address.port}/`);
    expect(await shown.text()).toContain(id);
    await roost(["session", "end", id], { env, home: folder });
    expect(await roost(["destroy", "hello/dev"], { env, home: folder })).toMatchObject({ code: 0 });
    const ended = async () =>
      (await roost(["session", "show", id, "--json"], { env, home: folder })).json<{ state: string }>()
        .state === "stopped";
    await until("the session is stopped", ended, 60);
    started.kill("SIGINT");
    expect(await started.done).toMatchObject({ code: 0 });
  }, 180_000);
});
