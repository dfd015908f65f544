import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { PlannedBenchmark, ShownBenchmark } from "../../automation-api/benchmarks/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { roost, temporaryFolder } from "../automation-api/cli/terminal.ts";
import type { Client } from "../support/client.ts";
import { HostLab } from "../support/host-lab.ts";
import { reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const own = "/etc/sysctl.d/60-roost.conf";

(isPossible ? describe : describe.skip)("benchmarks of a host", () => {
  let lab: HostLab;
  let client: Client;
  let host: TestHost;

  beforeAll(async () => {
    host = await TestHost.create();
    await host.boot();
    lab = await HostLab.open();
    client = lab.client;
    await lab.add("web", host);
  });

  afterAll(async () => {
    await lab?.close();
  });

  const value = async (name: string) =>
    (await host.do(`cat /proc/sys/${name.replaceAll(".", "/")}`)).trim().replaceAll(/\s+/g, " ");
  const run = (body: object) =>
    client.call<PlannedBenchmark>("POST", "/api/v1/benchmark/run", { host: "web", ...body });
  const show = (id: string) => client.call<ShownBenchmark>("GET", `/api/v1/benchmark/results/${id}`);
  const ended = async ({ id, deployment }: PlannedBenchmark) => {
    const done = await client.ended(deployment?.id ?? "", 180_000);
    return { ...(await show(id)), done };
  };

  it("take a tuning that makes it slower back by themselves, and show every pair and a picture", async () => {
    // Windows of a few kilobytes: a real setting that makes every transfer wait for acknowledgements.
    const set = { "net.ipv4.tcp_rmem": "4096 4096 4096", "net.ipv4.tcp_wmem": "4096 4096 4096" };
    const before = await Promise.all(Object.keys(set).map(value));
    const queued = await run({ set, workloads: ["loopback"], seconds: 5 });
    const { action, result, done } = await ended(queued);
    expect([done.state, done.error]).toEqual(["succeeded", null]);
    expect(action).toMatchObject({ state: "undone", kind: "tuning" });
    expect(result).toMatchObject({ isReverted: true, workloads: [{ name: "loopback", verdict: "worse" }] });
    const [loopback] = result?.workloads ?? [];
    expect(loopback?.measured.length).toBe(loopback?.pairs);
    expect(loopback?.low).toBeGreaterThan(0.02);
    expect(await Promise.all(Object.keys(set).map(value))).toEqual(before);
    expect((await host.run(`ls ${own}`)).code).not.toBe(0);
    // Told while it ran, and not at its end only.
    const events = JSON.stringify(await client.events(done.id));
    expect(events).toContain("10 pairs:");
    const picture = await client.fetch("GET", `/api/v1/benchmark/results/${action.id}`, undefined, {
      accept: "image/svg+xml",
    });
    expect(picture.headers.get("content-type")).toBe("image/svg+xml");
    expect(await picture.text()).toMatch(/^<svg .*loopback.*worse.*taken back/s);
  });

  it("let one stand that makes nothing slower, by the command line, and it is taken back when told", async () => {
    const home = await temporaryFolder();
    const env = await lab.environment();
    const command = (...args: string[]) => roost(["host", ...args], { env, home });
    const before = await value("net.ipv4.tcp_fin_timeout");
    const wanted = Number(before) + 7;
    const options = [
      "--set",
      `net.ipv4.tcp_fin_timeout=${wanted}`,
      "--workload",
      "processor",
      "--seconds",
      "5",
    ];
    const shown = await command("benchmark", "web", ...options);
    expect([shown.stderr, shown.code]).toEqual(["", 0]);
    expect(shown.stdout).toContain(`tcp_fin_timeout: ${before} -> ${wanted}`);
    expect(await value("net.ipv4.tcp_fin_timeout")).toBe(before);
    const [, id = ""] = /--execute (act_\w+)\n$/.exec(shown.stdout) ?? [];
    const measured = await command("benchmark", "web", "--execute", id);
    expect(measured.stdout).toContain("VERDICT");
    const { action, result } = await show(id);
    // Arithmetic does not know of this value; what the statistics may say of chance is bounded by another test.
    if (result?.isReverted) return;
    expect([measured.code, action.state]).toEqual([0, "applied"]);
    expect(await value("net.ipv4.tcp_fin_timeout")).toBe(String(wanted));
    expect(await host.do(`cat ${own}`)).toContain(`net.ipv4.tcp_fin_timeout = ${wanted}\n`);
    // It was confirmed: nothing waits to take it back.
    expect(await host.do(`cat /var/lib/roost/undo/${id}/journal`)).toMatch(/committed\n$/);
    expect((await host.run(`ls /var/lib/roost/undo/${id}/confirmed`)).code).toBe(0);
    expect((await command("undo", id)).code).toBe(0);
    expect(await value("net.ipv4.tcp_fin_timeout")).toBe(before);
    await rm(home, { recursive: true });
  });

  it("measure a host as it is by GET too, and change nothing there", async () => {
    const files = async () => (await host.state()).filter((line) => /^\.\/(etc|usr|srv|opt|root)/.test(line));
    const before = await files();
    const reply = await client.fetch("GET", "/api/v1/benchmark/run?host=web");
    expect(reply.status).toBe(202);
    const queued = (await reply.json()) as PlannedBenchmark;
    await client.call("POST", `/api/v1/deployments/${queued.deployment?.id}/cancel`);
    await client.ended(queued.deployment?.id ?? "", 120_000);
    const whole = await ended(await run({ seconds: 5 }));
    expect(whole.result?.workloads.map(({ name }) => name)).toEqual([
      ...["processor", "memory", "disk", "loopback", "shell"],
    ]);
    expect(whole.result?.isReverted).toBe(false);
    for (const { beforeMs, measured } of whole.result?.workloads ?? []) {
      expect(beforeMs).toBeGreaterThan(0);
      expect(measured.length).toBeGreaterThanOrEqual(10);
    }
    expect(await files()).toEqual(before);
    expect(await host.do("ls /var/tmp")).not.toContain("roost-benchmark");
  });

  it.each([
    [{ set: { "net.ipv4.tcp_tw_recycle": 1 } }, 400, "set.net.ipv4.tcp_tw_recycle"],
    [{ set: { "vm.no_such_thing": 1 } }, 400, "set.vm.no_such_thing"],
    [{ set: { "vm.swappiness": "1\n2" } }, 400, "set"],
    [{ set: { "vm.swappiness": 1 }, change: "memory" }, 400, "set"],
    [{ workloads: ["coffee"] }, 400, "workloads"],
    [{ workloads: ["disk", "disk"] }, 400, "workloads"],
    [{ seconds: 4000 }, 400, "seconds"],
    [{ change: "memory" }, 422, "nothing to compare"],
  ])("%j is refused with %d, naming %s", async (body, status, word) => {
    const reply = await client.fetch("POST", "/api/v1/benchmark/run", { host: "web", ...body });
    expect([reply.status, await reply.text()]).toEqual([status, expect.stringContaining(word)]);
  });
});
