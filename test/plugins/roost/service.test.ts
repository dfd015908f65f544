import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { lookUp } from "../../../plugins/roost/index.ts";
import { markedProcesses } from "../../../plugins/roost/service/leftovers.ts";
import { servicesFolder } from "../../../plugins/roost/service/place.ts";
import { readRecord, readStatus } from "../../../plugins/roost/service/record.ts";
import { until } from "../../support/processes.ts";
import { answering, ask, Lab, processesAbout } from "./lab.ts";

const asRoot = process.getuid?.() === 0 ? it : it.skip;

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
});
afterAll(() => lab.close());

interface Answer {
  pid: number;
  uid: number;
  argv: string[];
  env: Record<string, string>;
  message?: string;
}

describe("a service", () => {
  it("answers at its own address when creating it returns, and leaves nothing when it is deleted", async () => {
    const made = await lab.create("web", answering({ environment: { MESSAGE: "hello" } }));
    expect(made).toMatchObject({ state: "running", port: 8080, url: `http://${made.address}:8080` });
    expect(made.address).toMatch(/^127\.(?!0\.0\.)/);
    expect(await ask<Answer>(made.url)).toMatchObject({ message: "hello", pid: made.pid });
    await lab.delete("web");
    expect(await ask(made.url)).toBeUndefined();
    expect(processesAbout(lab.dataFolder)).toEqual([]);
    expect(existsSync(lab.paths("web").folder)).toBe(false);
    expect(readdirSync(`${lab.dataFolder}/services/.reserved/addresses`)).toEqual([]);
    await lab.delete("web");
  });

  it("gets an allow-listed environment, and its secrets neither by argument nor in a file others read", async () => {
    process.env.ROOST_TEST_CANARY = "canary-roost";
    process.env.DATABASE_URL = "canary-database";
    const secretEnvironment = { API_KEY: "canary-secret-9137" };
    const made = await lab.create("secretive", answering({ secretEnvironment }));
    delete process.env.ROOST_TEST_CANARY;
    delete process.env.DATABASE_URL;
    const answer = (await ask<Answer>(made.url))!;
    expect(answer.env.API_KEY).toBe("canary-secret-9137");
    expect(Object.keys(answer.env).filter((name) => /^(ROOST_|PG|DATABASE_URL|PULUMI)/.test(name))).toEqual(
      [],
    );
    const { supervisor, guard } = readStatus(lab.paths("secretive"))!;
    const pids = [supervisor.pid, guard!.pid, ...markedProcesses(lab.paths("secretive").folder)];
    expect(pids).toHaveLength(3);
    for (const pid of pids) expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain("canary");
    for (const pid of pids.slice(0, 2))
      expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("canary");
    expect(readFileSync(lab.paths("secretive").record, "utf8")).not.toContain("canary");
    expect(statSync(lab.paths("secretive").secrets).mode & 0o777).toBe(0o600);
    expect(statSync(lab.paths("secretive").record).mode & 0o777).toBe(0o600);
    await lab.delete("secretive");
  });

  asRoot("runs as a user of its own without privileges when a superuser starts it", async () => {
    const [a, b] = [await lab.create("first", answering()), await lab.create("second", answering())];
    const uids = [(await ask<Answer>(a.url))!.uid, (await ask<Answer>(b.url))!.uid];
    expect(new Set([0, ...uids]).size).toBe(3);
    expect(readRecord(lab.paths("first"))?.uid).toBe(uids[0]);
    expect(readFileSync(`/proc/${a.pid}/status`, "utf8")).toMatch(/NoNewPrivs:\t1/);
    expect(readFileSync(`/proc/${a.pid}/status`, "utf8")).toMatch(/CapBnd:\t0+\n/);
    const changed = await lab.update("first", answering(), answering({ environment: { MESSAGE: "again" } }));
    expect((await ask<Answer>(changed.url))?.uid).toBe(uids[0]);
    await Promise.all([lab.delete("first"), lab.delete("second")]);
  });

  asRoot("is kept elsewhere when its user could not reach the data folder", async () => {
    const closed = new Lab(0o700);
    const made = await closed.create("moved", answering());
    expect(made.logPath).toMatch(/^\/var\/lib\/roost\/[0-9a-f]{12}\/services\//);
    expect((await ask<Answer>(made.url))?.uid).not.toBe(0);
    expect(lookUp(closed.dataFolder, closed.urn("moved"))).toMatchObject({ answer: "exists" });
    await closed.delete("moved");
    const folder = dirname(servicesFolder(closed.dataFolder));
    await closed.close();
    rmSync(folder, { recursive: true });
  });

  asRoot("is not started in a folder that its user could not enter", async () => {
    const closed = mkdtempSync(join(tmpdir(), "roost-closed-"));
    const inputs = answering({ workingDirectory: closed });
    await expect(lab.create("closed", inputs)).rejects.toThrow(/closed to the user/);
    rmSync(closed, { recursive: true });
    expect(existsSync(lab.paths("closed").folder)).toBe(false);
    expect(readdirSync(join(servicesFolder(lab.dataFolder), ".reserved", "users"))).toEqual([]);
  });

  it("changes settings without a new process, and the process at the same address", async () => {
    const first = answering();
    const made = await lab.create("changing", first);
    const second = answering({ log: { maxBytes: 2_000, keep: 1 }, stopGraceSeconds: 1 });
    expect(await lab.update("changing", first, second)).toEqual(made);
    const third = { ...second, environment: { MESSAGE: "new" } };
    const changed = await lab.update("changing", second, third);
    expect(changed.address).toBe(made.address);
    expect(await ask<Answer>(changed.url)).toMatchObject({ message: "new", pid: changed.pid });
    expect(changed.pid).not.toBe(made.pid);
    await lab.delete("changing");
  });

  it("begins new log files and keeps as many as it was told, with whole lines", async () => {
    const made = await lab.create("chatty", answering({ log: { maxBytes: 2_000, keep: 2 } }));
    const line = "x".repeat(99);
    for (let round = 0; round < 5; round += 1) await ask(made.url, `/print?times=20&line=${line}`);
    const folder = lab.paths("chatty").logFolder;
    await until("three log files", () => readdirSync(folder).length === 3);
    for (const name of ["service.log.1", "service.log.2"]) {
      const text = readFileSync(`${folder}/${name}`, "utf8");
      expect(text.length).toBeLessThanOrEqual(2_000);
      expect(text.split("\n").filter((each) => each !== line && each !== "")).toEqual([]);
    }
    await lab.delete("chatty");
  });

  it("is looked up by its URN after a creation that nobody wrote down", async () => {
    const urn = lab.urn("forgotten");
    expect(lookUp(lab.dataFolder, urn)).toEqual({ answer: "absent" });
    await lab.create("forgotten", answering());
    expect(lookUp(lab.dataFolder, urn)).toEqual({ answer: "exists", id: lab.id("forgotten") });
    const found = await lab.read("forgotten");
    expect(found).toMatchObject({
      id: lab.id("forgotten"),
      state: { state: "running" },
      inputs: answering(),
    });
    // Creating it again takes it over: still one process.
    const again = await lab.create("forgotten", answering());
    expect((await ask<Answer>(again.url))?.pid).toBe(again.pid);
    expect(markedProcesses(lab.paths("forgotten").folder)).toEqual([again.pid]);
    await lab.delete("forgotten");
    expect(lookUp(lab.dataFolder, "urn:pulumi:dev::lab::other:index:Thing::a")).toEqual({
      answer: "unknown",
    });
  });
});
