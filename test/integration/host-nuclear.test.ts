import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Host } from "../../automation-api/hosts/contract.ts";
import type { Preview } from "../../automation-api/resets/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import type { Client } from "../support/client.ts";
import { HostLab } from "../support/host-lab.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const livedIn = readFileSync(new URL("../host-provisioning/reset/lived-in.sh", import.meta.url), "utf8");

/** From the machine that is added to the one that is as it was, with all that a reset can take away. */
(isPossible ? describe : describe.skip)("a reset that makes a machine another one, over HTTP", () => {
  let lab: HostLab;
  let client: Client;
  let host: TestHost;
  let hostId: string;
  let before: string[];
  let shown: Preview;
  let firstKey: string;

  beforeAll(async () => {
    host = await TestHost.create();
    await host.offerPackages();
    await host.install("redis-server");
    await host.do(livedIn, ["4"]);
    await host.boot();
    await host.do("systemctl daemon-reload; systemctl start own");
    // Whoever runs something has an account that is in use.
    await host.do("setsid su ann -c 'exec sleep infinity' >/dev/null 2>&1 </dev/null & sleep 0.2");
    lab = await HostLab.open();
    client = lab.client;
    ({ id: hostId, hostKey: firstKey } = await lab.add("one", host, { own: "ed25519" }));
    before = await state();
    const { facts } = await client.call<{ facts: number }>("POST", "/api/v1/scan/quick", { host: "one" });
    expect(facts).toBeGreaterThan(1000);
  });
  afterAll(async () => {
    await lab?.close();
  });

  /** What services do not write by themselves; redis keeps its data on its way. */
  const state = async () =>
    (await host.state()).filter(
      (line) => /^\.\/(etc|usr|home|root|srv|opt)\//.test(line) && !isVolatile(line),
    );
  const show = () => lab.show(shown.id);
  const ended = async (of: "deployment" | "confirmation" | "undo") => {
    const { [of]: queued } = await show();
    expect(queued).not.toBeNull();
    const done = await client.ended(queued?.id as string, 120_000);
    expect([done.state, done.error]).toEqual(["succeeded", null]);
    return show();
  };
  const health = async () => (await client.call<Host>("POST", `/api/v1/hosts/${hostId}/check`)).health?.state;
  const pinned = async () => (await client.call<Host>("GET", `/api/v1/hosts/${hostId}`)).hostKey.line;

  it("tells in its preview what goes, and needs the words of this very plan and a confirmation", async () => {
    const workflow = [
      { kind: "profile", profile: "nuclear" },
      { kind: "keep", paths: ["/srv/pool"] },
    ];
    shown = await client.call<Preview>("POST", "/api/v1/reset/custom", { host: "one", workflow });
    expect(shown).toMatchObject({
      services: expect.arrayContaining(["own.service", "redis-server.service"]),
      ports: expect.arrayContaining([
        expect.objectContaining({ port: "tcp 127.0.0.1:6379", package: "redis-tools" }),
      ]),
      users: ["ann", "bob"],
      people: expect.arrayContaining([{ name: "ann", paths: expect.any(Number), bytes: expect.any(Number) }]),
      renewed: ["machine-id", "host-keys"],
      kept: expect.arrayContaining([
        { name: "/etc/pam.d/other", reason: expect.stringContaining("/etc/pam.d/other") },
      ]),
    });
    expect(differences(before, await state())).toEqual([]);
    const { planHash } = shown;
    const path = `/api/v1/host-actions/${shown.id}/execute`;
    const confirm = shown.confirm as string;
    for (const body of [
      { planHash },
      { planHash, confirm: confirm.replace(/.$/, (last) => (last === "0" ? "1" : "0")) },
      { planHash, confirm, confirmSeconds: 0 },
    ])
      expect((await client.fetch("POST", path, body)).status).toBe(400);
    await client.call("POST", path, { planHash, confirm });
  });

  it("tells its steps while it runs, and the new key over the old connection", async () => {
    expect((await ended("deployment")).state).toBe("unconfirmed");
    expect(await host.do("ls /home; cut -d: -f1 /etc/passwd | grep -cE '^(ann|bob)$' || :")).toBe("0\n");
    expect((await host.run("systemctl is-active redis-server own")).stdout.toString()).toBe(
      "inactive\ninactive\n",
    );
    const events = await client.events((await show()).deployment?.id ?? "");
    expect(JSON.stringify(events)).toContain("renew_host_keys");
    expect(await host.do("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub")).not.toBe(`${firstKey}\n`);
    expect(await pinned()).toBe(firstKey);
  });

  it("is pinned to the new key by the login that confirms it", async () => {
    await client.call("POST", `/api/v1/host-actions/${shown.id}/confirm`);
    expect((await ended("confirmation")).state).toBe("applied");
    expect(`${await pinned()}\n`).toBe(await host.do("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub"));
    expect(await health()).toBe("healthy");
  });

  it("is taken back to the letter, with its people, services and former key", async () => {
    await client.call("POST", `/api/v1/host-actions/${shown.id}/rollback`, {});
    expect((await ended("undo")).state).toBe("undone");
    expect(differences(before, await state())).toEqual([]);
    expect(await host.do("systemctl is-active redis-server own")).toBe("active\nactive\n");
    expect(await pinned()).toBe(firstKey);
    expect(await health()).toBe("healthy");
  });
});

/** Written by logins. */
function isVolatile(line: string): boolean {
  return /^\.\/(root|home)\/[^ ]*\.cache/.test(line);
}
