import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { secret } from "@pulumi/pulumi";
import type * as automation from "@pulumi/pulumi/automation/index.js";
import { serveProvider } from "../../../plugins/provider/index.ts";
import { roostProvider } from "../../../plugins/roost/index.ts";
import { Provider, Service, type ServiceArgs } from "../../../plugins/roost/sdk.ts";
import { reasonWithoutEngine } from "../../support/engine.ts";
import { until } from "../../support/processes.ts";
import { EngineLab } from "./engine-lab.ts";
import { ask, processesAbout } from "./lab.ts";

jest.setTimeout(120_000);

const withEngine = reasonWithoutEngine() === undefined ? describe : describe.skip;
const program = new URL("./fixtures/answer.mjs", import.meta.url).pathname;
let lab: EngineLab;
beforeAll(() => {
  lab = new EngineLab();
});
afterAll(() => lab.close());

const args = (change: Partial<ServiceArgs> = {}): ServiceArgs => ({
  command: { program },
  healthCheck: { path: "/health", intervalSeconds: 0.1 },
  restart: { policy: "never" },
  secretEnvironment: { API_KEY: "canary-secret-4711" },
  ...change,
});

const programOf =
  (change: Partial<ServiceArgs> = {}) =>
  async () => {
    const web = new Service("web", args(change));
    return { url: web.url, state: web.state, pid: web.pid };
  };

async function outputs(result: automation.UpResult) {
  return Object.fromEntries(Object.entries(result.outputs).map(([name, { value }]) => [name, value]));
}

withEngine("a plain pulumi up, without any server", () => {
  it("makes, changes, repairs and destroys a service", async () => {
    const stack = await lab.stack(programOf());
    const preview = await stack.preview();
    expect(preview.changeSummary).toMatchObject({ create: 2 });
    expect(existsSync(join(lab.dataFolder, "services"))).toBe(false);

    const first = await outputs(await stack.up());
    expect(await ask(first.url)).toMatchObject({ pid: first.pid, env: { API_KEY: "canary-secret-4711" } });
    expect((await stack.up()).summary.resourceChanges).toEqual({ same: 2 });

    const changed = await lab.stack(programOf({ environment: { MESSAGE: "changed" } }));
    expect((await changed.preview()).changeSummary).toMatchObject({ update: 1, same: 1 });
    const second = await outputs(await changed.up());
    expect(second.url).toBe(first.url);
    expect(await ask(second.url)).toMatchObject({ message: "changed", pid: second.pid });

    process.kill(second.pid, "SIGKILL");
    await until("it is down", async () => (await ask(second.url)) === undefined);
    const refreshed = await changed.refresh();
    expect(refreshed.summary.resourceChanges).toMatchObject({ update: 1 });
    expect((await changed.preview()).changeSummary).toMatchObject({ update: 1 });
    const third = await outputs(await changed.up());
    expect(await ask(third.url)).toMatchObject({ pid: third.pid });

    const state = readdirSync(join(lab.folder, "state"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    expect(state.join()).toContain("roost:local:Service");
    expect(state.join()).not.toContain("canary-secret");

    await changed.destroy();
    expect(await ask(third.url)).toBeUndefined();
    expect(processesAbout(lab.dataFolder)).toEqual([]);
    expect(readdirSync(join(lab.dataFolder, "services")).filter((name) => !name.startsWith("."))).toEqual([]);
  });

  it("names each wrong input, and refuses a secret in a command line", async () => {
    const wrong = { port: 0, stopGraceSeconds: -1, healthCheck: { path: "health" } };
    const stack = await lab.stack(programOf(wrong));
    await expect(stack.preview()).rejects.toThrow(
      /healthCheck\.path[\s\S]*port|port[\s\S]*healthCheck\.path/,
    );
    const leaking = await lab.stack(programOf({ command: ["web", secret("canary-in-argv")] }));
    await expect(leaking.preview()).rejects.toThrow(/pass secrets by secretEnvironment/);
    await stack.destroy();
  });

  it("fails with the service's own words when it does not start", async () => {
    const stack = await lab.stack(programOf({ environment: { REFUSE: "because canary-secret-4711" } }));
    const failure = await stack.up().catch((error: Error) => error.message);
    expect(failure).toMatch(/refusing: because \[secret\]/);
    expect(processesAbout(lab.dataFolder)).toEqual([]);
    await stack.destroy();
  });
});

withEngine("a cancel while a service is being started", () => {
  it("ends the update at once and leaves nothing", async () => {
    const hanging = { environment: { SILENT: "1", STUBBORN: "1" }, stopGraceSeconds: 60 };
    const stack = await lab.stack(programOf(hanging));
    const cancel = new AbortController();
    const update = stack.up({ signal: cancel.signal }).then(
      () => "succeeded",
      () => "failed",
    );
    const isStarting = () => processesAbout(lab.dataFolder).some((text) => text.includes("answer.mjs"));
    await until("the service is being started", isStarting, 30);
    const began = performance.now();
    cancel.abort();
    expect(await update).toBe("failed");
    expect(performance.now() - began).toBeLessThan(3_000);
    await until("nothing is left", () => processesAbout(lab.dataFolder).length === 0, 2);
    await stack.destroy();
  });
});

withEngine("attached to the engine", () => {
  it("keeps services where the server says, and a program cannot choose another place", async () => {
    const provider = await serveProvider(roostProvider({ dataFolder: lab.dataFolder }));
    try {
      const env = { PULUMI_DEBUG_PROVIDERS: `roost:${provider.port}`, ROOST_SERVICES_DIR: "/nowhere" };
      const stack = await lab.stack(programOf(), env);
      const made = await outputs(await stack.up());
      expect(await ask(made.url)).toMatchObject({ pid: made.pid });
      await stack.destroy();
      expect(processesAbout(lab.dataFolder)).toEqual([]);
      const elsewhere = await lab.stack(async () => {
        const provider = new Provider("elsewhere", { dataFolder: lab.folder });
        new Service("web", args(), { provider });
      }, env);
      await expect(elsewhere.up()).rejects.toThrow(/set by the server/);
    } finally {
      await provider.close();
    }
  });
});
