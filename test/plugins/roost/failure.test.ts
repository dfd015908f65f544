import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isAlive, startTimeOf } from "../../../plugins/process/identity.ts";
import { restoreServices } from "../../../plugins/roost/index.ts";
import { markedProcesses } from "../../../plugins/roost/service/leftovers.ts";
import { readRecord, readStatus, writeStatus } from "../../../plugins/roost/service/record.ts";
import { until } from "../../support/processes.ts";
import { answering, ask, Lab, processesAbout } from "./lab.ts";

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
});
afterAll(() => lab.close());

const status = (name: string) => readStatus(lab.paths(name))!;
const running = (name: string) => until(`${name} runs`, () => status(name)?.state === "running");
const stateOf = async (name: string) => (await lab.read(name))?.state.state;

describe("a service that ends by itself", () => {
  const cases = [
    { policy: "always", code: 0, comesBack: true, ends: undefined },
    { policy: "always", code: 1, comesBack: true, ends: undefined },
    { policy: "on-failure", code: 0, comesBack: false, ends: "stopped" },
    { policy: "on-failure", code: 1, comesBack: true, ends: undefined },
    { policy: "never", code: 1, comesBack: false, ends: "failed" },
  ] as const;
  it.each(cases)("$policy, code $code: comes back: $comesBack", async ({ policy, code, comesBack, ends }) => {
    const name = `ends-${policy}-${code}`;
    const made = await lab.create(name, answering({ restart: { policy, backoffSeconds: 0.05 } }));
    await ask(made.url, `/exit?code=${code}`);
    if (comesBack) {
      await until("it runs again", () => status(name).restarts === 1 && status(name).state === "running");
      expect((await lab.read(name))?.state.pid).not.toBe(made.pid);
      expect(await ask(made.url)).toBeDefined();
    } else {
      await until(`it is ${ends}`, () => status(name).state === ends);
      expect(await stateOf(name)).toBe("down");
    }
    await lab.delete(name);
  });

  it("is given up when it ends too often within a minute, and the next update starts it", async () => {
    const inputs = answering({ restart: { policy: "always", backoffSeconds: 0, maxPerMinute: 2 } });
    const made = await lab.create("hasty", inputs);
    for (let restarts = 1; restarts <= 2; restarts += 1) {
      await ask(made.url, "/exit?code=1");
      await until(
        "again",
        () => status("hasty").restarts === restarts && status("hasty").state === "running",
      );
    }
    await ask(made.url, "/exit?code=1");
    await until("it is given up", () => status("hasty").state === "failed");
    expect(await stateOf("hasty")).toBe("down");
    await until("its supervisor is gone", () => processesAbout(lab.paths("hasty").folder).length === 0);
    expect((await lab.update("hasty", inputs, inputs)).state).toBe("running");
    await lab.delete("hasty");
  });

  it("is started again when its health check keeps failing", async () => {
    const made = await lab.create("sick", answering());
    await ask(made.url, "/sick");
    await until("a healthy one", () => status("sick").restarts === 1 && status("sick").state === "running");
    expect(await ask(made.url, "/health")).toEqual({ sick: false });
    await lab.delete("sick");
  });
});

describe("a service that does not start", () => {
  it("fails the creation with its last lines, and leaves nothing", async () => {
    const inputs = answering({ environment: { REFUSE: "no database" } });
    await expect(lab.create("refusing", inputs)).rejects.toThrow(
      /did not start.*5 times[\s\S]*refusing: no database/,
    );
    expect(existsSync(lab.paths("refusing").folder)).toBe(false);
    expect(processesAbout(lab.dataFolder)).toEqual([]);
  });

  it("fails at once when it is not restarted, or its program does not exist", async () => {
    const never = answering({ environment: { REFUSE: "at once" }, restart: { policy: "never" } });
    await expect(lab.create("once", never)).rejects.toThrow(/code 3/);
    const missing = answering({ command: ["/no/such/program"], restart: { policy: "never" } });
    await expect(lab.create("missing", missing)).rejects.toThrow(/no\/such\/program/);
  });

  it("fails when it is not healthy in time", async () => {
    const inputs = answering({ environment: { SILENT: "1" } });
    await expect(lab.create("silent", inputs, { timeoutSeconds: 1 })).rejects.toThrow(
      /not healthy within 1 s/,
    );
    expect(processesAbout(lab.dataFolder)).toEqual([]);
  });

  it("has the version before it brought back when an update fails", async () => {
    const old = answering({ environment: { MESSAGE: "old" }, secretEnvironment: { KEY: "old-key" } });
    const made = await lab.create("careful", old);
    const bad = answering({ environment: { REFUSE: "new" }, restart: { policy: "never" } });
    await expect(lab.update("careful", old, bad)).rejects.toThrow(/refusing: new[\s\S]*started again/);
    await running("careful");
    expect(await ask(made.url)).toMatchObject({ message: "old", env: { KEY: "old-key" } });
    await lab.delete("careful");
  });

  it("ends within a second when the creation is cancelled, and leaves nothing", async () => {
    const cancel = new AbortController();
    const inputs = answering({ environment: { SILENT: "1", STUBBORN: "1" }, stopGraceSeconds: 30 });
    const creating = lab.create("cancelled", inputs, { signal: cancel.signal });
    await until("it is being started", () => status("cancelled")?.service);
    const began = performance.now();
    cancel.abort(new Error("cancelled"));
    await expect(creating).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(existsSync(lab.paths("cancelled").folder)).toBe(false);
    expect(processesAbout(lab.dataFolder)).toEqual([]);
  });
});

describe("ending a service", () => {
  it("kills what ignores SIGTERM after its grace, and what left its process group", async () => {
    const made = await lab.create(
      "stubborn",
      answering({ environment: { STUBBORN: "1" }, stopGraceSeconds: 0.2 }),
    );
    const daemon = (await ask<{ pid: number }>(made.url, "/daemon"))!.pid;
    expect(startTimeOf(daemon)).toBeDefined();
    await lab.delete("stubborn");
    expect(startTimeOf(daemon)).toBeUndefined();
    expect(processesAbout(lab.dataFolder)).toEqual([]);
  });
});

describe("a supervisor that is killed", () => {
  it("is started again by its guard, which leaves one service and no orphan", async () => {
    const made = await lab.create("guarded", answering());
    const before = status("guarded");
    process.kill(before.supervisor.pid, "SIGKILL");
    await until("another supervisor", () => status("guarded").supervisor.pid !== before.supervisor.pid);
    await running("guarded");
    expect(isAlive(before.service)).toBe(false);
    expect(markedProcesses(lab.paths("guarded").folder)).toEqual([status("guarded").service?.pid]);
    expect(await ask(made.url)).toBeDefined();
    await lab.delete("guarded");
  });

  it("replaces a guard that is killed", async () => {
    await lab.create("unguarded", answering());
    const before = status("unguarded");
    process.kill(before.guard!.pid, "SIGKILL");
    await until("another guard", () => status("unguarded").guard?.pid !== before.guard?.pid);
    expect(isAlive(before.service)).toBe(true);
    await lab.delete("unguarded");
  });

  const killBoth = async (name: string): Promise<void> => {
    const { guard, supervisor } = status(name);
    process.kill(guard!.pid, "SIGKILL");
    process.kill(supervisor.pid, "SIGKILL");
    await until("both are gone", () => !isAlive(guard) && !isAlive(supervisor));
  };

  it("is found down when its guard was killed too; the next update ends the orphan and starts it", async () => {
    const inputs = answering();
    await lab.create("alone", inputs);
    const orphan = status("alone").service!;
    await killBoth("alone");
    expect(await stateOf("alone")).toBe("down");
    const again = await lab.update("alone", inputs, inputs);
    expect(again.state).toBe("running");
    expect(markedProcesses(lab.paths("alone").folder)).toEqual([again.pid]);
    expect(isAlive(orphan)).toBe(false);
    await lab.delete("alone");
  });

  it("is brought back by the next start of the server", async () => {
    await lab.create("back", answering());
    const orphan = status("back").service!;
    await killBoth("back");
    mkdirSync(lab.paths("damaged").folder);
    writeFileSync(lab.paths("damaged").record, "{");
    const restored = await restoreServices(lab.dataFolder);
    expect(restored).toContainEqual({ id: lab.id("back"), action: "started" });
    expect(restored).toContainEqual(expect.objectContaining({ id: lab.id("damaged"), action: "failed" }));
    rmSync(lab.paths("damaged").folder, { recursive: true });
    await until(
      "it runs",
      () => status("back").service?.pid !== orphan.pid && status("back").state === "running",
    );
    expect(isAlive(orphan)).toBe(false);
    expect((await restoreServices(lab.dataFolder))[0]?.action).toBe("kept");
    await lab.delete("back");
  });
});

describe("another boot", () => {
  it("leaves nothing to adopt: a process of the same number is left alone, and the service is started", async () => {
    await lab.create("rebooted", answering());
    const before = status("rebooted");
    const bystander = await lab.create("bystander", answering());
    process.kill(before.guard!.pid, "SIGKILL");
    process.kill(before.supervisor.pid, "SIGKILL");
    process.kill(before.service!.pid, "SIGKILL");
    await until("gone", () =>
      [before.guard, before.supervisor, before.service].every((each) => !isAlive(each)),
    );
    // As after a reboot: the numbers now belong to others, who run under another boot.
    const other = { bootId: "11111111-2222-3333-4444-555555555555", pid: bystander.pid!, startTime: "1" };
    writeStatus(lab.paths("rebooted"), { ...before, supervisor: other, guard: other, service: other });
    expect(await stateOf("rebooted")).toBe("down");
    await restoreServices(lab.dataFolder);
    await running("rebooted");
    expect(readRecord(lab.paths("rebooted"))?.bootId).toBe(before.supervisor.bootId);
    expect(startTimeOf(bystander.pid!)).toBeDefined();
    expect((await lab.read("bystander"))?.state.pid).toBe(bystander.pid);
    await Promise.all([lab.delete("rebooted"), lab.delete("bystander")]);
  });

  it("and within one boot, a number that was given out again is not taken for ours", async () => {
    const inputs = answering();
    await lab.create("reused", inputs);
    const bystander = await lab.create("bystander", answering());
    const before = status("reused");
    for (const each of [before.guard!, before.supervisor, before.service!]) process.kill(each.pid, "SIGKILL");
    await until("gone", () =>
      [before.guard, before.supervisor, before.service].every((each) => !isAlive(each)),
    );
    const reused = { ...before.supervisor, pid: bystander.pid! };
    writeStatus(lab.paths("reused"), { ...before, supervisor: reused, guard: reused, service: reused });
    expect(await stateOf("reused")).toBe("down");
    await lab.update("reused", inputs, inputs);
    await lab.delete("reused");
    expect(startTimeOf(bystander.pid!)).toBeDefined();
    await lab.delete("bystander");
  });
});
