import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Draft, emptyDraft, undoScript } from "../../../host-provisioning/undo/index.ts";
import { until } from "../../support/processes.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "./planning.ts";

const draft: Draft = {
  ...emptyDraft,
  steps: [["write_file", "/etc/roost-test", "one", "0644", "changed\n"]],
  goals: [["goal_text", "/etc/roost-test/one", "changed\n"]],
};
const units = "/usr/local/lib/systemd/system";

(reasonWithoutTestHosts() ? describe.skip : describe)("a change that waits to be confirmed", () => {
  let host: TestHost;
  let before: string[];
  /** Files but for those that a start of the host writes. */
  const state = async () => (await host.state()).filter((line) => /^\.\/(etc\/roost|usr|opt|srv)/.test(line));
  const journal = (id: string) => host.do(`tail -n 1 /var/lib/roost/undo/${id}/journal`);

  beforeAll(async () => {
    host = await TestHost.create();
    await host.boot();
    before = await state();
  }, 240_000);
  afterAll(() => host.close());

  it("goes back by itself after a power cut, and leaves nothing behind", async () => {
    const { script } = await planDraft(host, draft, { id: "cut", confirmSeconds: 8 });
    expect(await host.do(script, ["apply"])).toMatch(/^state committed\n/);
    expect(await host.do("cat /etc/roost-test/one")).toBe("changed\n");
    expect(await host.do(`ls ${units}`)).toContain("roost-undo-cut.timer\n");
    expect(await journal("cut")).toBe("committed\n");
    await host.restart();
    await until("it has gone back", async () => (await journal("cut")) === "undone\n", 60);
    await until("nothing waits", async () => (await host.run(`ls ${units}`)).code !== 0, 60);
    expect(differences(before, await state())).toEqual([]);
  }, 200_000);

  it("stays once it is confirmed, after a restart too; what waited is gone, and undo finds nothing foreign", async () => {
    const { script } = await planDraft(host, draft, { id: "kept", confirmSeconds: 600 });
    await host.do(script, ["apply"]);
    const forgotten = await host.run("sh /var/lib/roost/undo/kept/recover forget");
    expect([forgotten.code, forgotten.stderr]).toEqual([75, "It waits to be confirmed.\n"]);
    await host.restart();
    expect(await host.do("systemctl is-active roost-undo-kept.timer")).toBe("active\n");
    expect(await host.do(script, ["confirm"])).toBe("state confirmed\n");
    const left = await host.run(`ls ${units}; systemctl is-active roost-undo-kept.timer`);
    expect(left.stdout.toString()).toBe("inactive\n");
    expect(await host.do("cat /etc/roost-test/one")).toBe("changed\n");
    // A conflict would stop it.
    expect(await host.do(undoScript("kept"), ["rollback"])).toMatch(/state undone\n$/);
    expect(differences(before, await state())).toEqual([]);
  }, 200_000);

  it("on a host without systemd is started again by cron, where that runs; else that is told", async () => {
    const bare = await TestHost.create();
    try {
      const { script } = await planDraft(bare, draft, { id: "told", confirmSeconds: 600 });
      expect(await bare.do(script, ["apply"])).toMatch(/^watch until-restart\nstate committed\n/);
      const other = await bare.copy();
      try {
        await other.do(undoScript("told"), ["rollback"]);
        const again = (await planDraft(other, draft, { id: "cron", confirmSeconds: 600 })).script;
        const table = "/etc/cron.d/roost-undo-cron";
        const text = await other.do(`: >/run/crond.pid\n(${again})\ncat ${table}`, ["apply"]);
        expect(text).toMatch(
          /\n@reboot root \/bin\/sh \/var\/lib\/roost\/undo\/cron\/recover unless-confirmed 600\n$/,
        );
        // What cron would run then, without the wait.
        await other.do("sh /var/lib/roost/undo/cron/recover unless-confirmed 0");
        expect((await other.run(`ls ${table} /etc/roost-test`)).stdout.toString()).toBe("");
      } finally {
        await other.close();
      }
    } finally {
      await bare.close();
    }
  }, 200_000);
});
