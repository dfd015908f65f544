import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Reinstall } from "../../automation-api/reinstalls/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { HostLab } from "../support/host-lab.ts";
import { until } from "../support/processes.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const moments = readFileSync(new URL("./fixtures/moments.sh", import.meta.url), "utf8");
const configuration = "/etc/default/cron";
const names = ["cron", "cron-daemon-common", "tmux"];

/** What dies, by the name of the job. */
const kills = {
  "the script": (job: string) => `kill -9 $(cat /run/roost-jobs/${job}/pid)`,
  // The package manager, whoever watches over the script, and the script.
  "all that the action runs": (job: string) => `systemctl kill --signal=KILL 'roost-job-${job}-*.scope'`,
  "the connection": () => "kill -9 $(pgrep -f 'sshd: root@')",
} as const;

(isPossible ? describe : describe.skip)("a batch of packages that is installed again", () => {
  let lab: HostLab;
  let host: TestHost;
  let before: string[];

  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("cron", "tmux");
    await host.offerPackages();
    await host.do(`echo '# mine' >>${configuration}`);
    await host.do(moments);
    await host.boot();
    lab = await HostLab.open();
    await lab.add("one", host);
    before = await state();
  });
  afterAll(() => lab?.close());

  /** Files but for those that services write by themselves, and the folders above them. */
  const state = async () =>
    (await host.state()).filter((line) => /^\.\/(etc|usr|var\/(lib\/(dpkg|apt)|spool))\//.test(line));

  /** Carried out until dpkg is at a moment; there something dies, and the host goes on. */
  const dies = async (what: keyof typeof kills, moment: string) => {
    const packages = names.map((name) => ({ name, ...(name === "tmux" && { hold: true }) }));
    const body = { host: "one", packages, dryRun: true };
    const { id, planHash, detail } = await lab.client.call<Reinstall>(
      "POST",
      "/api/v1/reinstall/batch",
      body,
    );
    expect(detail).toMatchObject({ replaced: [configuration], holds: ["tmux"] });
    await host.do(`rm -f /run/waits /run/go; printf '%s' '${moment}' >/run/waits-at`);
    await lab.client.call("POST", `/api/v1/host-actions/${id}/execute`, { planHash });
    const isThere = async () => (await host.run("ls /run/waits")).code === 0;
    await until(`dpkg is at ${moment}`, isThere, 60);
    await host.do(kills[what](id));
    await host.do("rm -f /run/waits-at; touch /run/go");
    const ended = await lab.ended({ id });
    const journal = (await host.do(`cat /var/lib/roost/undo/${id}/journal`)).trim().split("\n");
    // What holds the lock of changes, or that of dpkg, would keep the next one waiting.
    await host.do("flock -n /var/lib/roost/undo/lock true; dpkg --audit; apt-get -q check");
    return { id, state: ended.state, on: journal.at(-1) };
  };

  it.each<[what: keyof typeof kills, moment: string]>([
    ["the script", "post unpack"],
    ["all that the action runs", "pre unpack"],
    ["all that the action runs", "post unpack"],
    ["all that the action runs", "post configure"],
  ])("%s is killed at %s: the host is exactly as before, and whoever asked is told", async (what, moment) => {
    expect(await dies(what, moment)).toMatchObject({ state: "failed", on: "undone" });
    expect(differences(before, await state())).toEqual([]);
    expect(await host.do("systemctl is-active cron")).toBe("active\n");
  });

  it("the connection is killed in the middle: the host is as after, and comes back to the byte", async () => {
    const { id, ...end } = await dies("the connection", "post unpack");
    expect(end).toEqual({ state: "applied", on: "committed" });
    expect(await host.do(`grep -c mine ${configuration} || apt-mark showhold`)).toBe("0\ntmux\n");
    expect((await lab.rollback({ id })).state).toBe("undone");
    expect(differences(before, await state())).toEqual([]);
  });
});
