import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { EngineCommand } from "../../../automation-api/engine/command.ts";
import type { Job, RunnerSetup } from "../../../automation-api/engine/contract.ts";
import { openStack } from "../../../automation-api/engine/workspace.ts";
import { enginePath, reasonWithoutEngine } from "../../support/engine.ts";

const run = promisify(execFile);
let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "roost-workspace-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

(reasonWithoutEngine() ? it.skip : it)("has the engine keep no log of its own", async () => {
  const [engineHome, folder, other] = ["engine", "program", "other"].map((name) => path.join(root, name));
  for (const each of [path.join(engineHome as string, "pulumi"), folder as string]) {
    await mkdir(each, { recursive: true });
  }
  const job = {
    organization: "roost",
    project: "shop",
    stack: "dev",
    backendUrl: "http://127.0.0.1:1",
    token: "",
  };
  const request = {
    job: job as Job,
    setup: { engineHome } as RunnerSetup,
    command: new EngineCommand(enginePath(), "3.259.0"),
    folder: folder as string,
    program: async () => ({}),
    attached: "",
  };
  // Again, as for the next job of the same runner.
  for (let index = 0; index < 2; index++) await openStack(request);
  const homes = { ours: path.join(engineHome as string, "pulumi"), other: other as string };
  for (const PULUMI_HOME of Object.values(homes)) {
    await run(enginePath(), ["version"], { env: { PULUMI_HOME, PULUMI_SKIP_UPDATE_CHECK: "true" } });
  }
  // It does where nobody keeps it from it.
  expect(await readdir(path.join(homes.other, "logs"))).toHaveLength(1);
  expect((await stat(path.join(homes.ours, "logs"))).size).toBe(0);
});
