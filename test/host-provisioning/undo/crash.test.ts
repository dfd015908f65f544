import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Facts } from "../../../host-provisioning/facts/index.ts";
import {
  aptArguments,
  draftReinstall,
  type ReinstallRequest,
} from "../../../host-provisioning/reinstall/index.ts";
import {
  actionOf,
  actionScript,
  type Draft,
  emptyDraft,
  type Rehearsal,
  undoScript,
} from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "./planning.ts";

const crash = readFileSync(new URL("./crash.sh", import.meta.url), "utf8");
const configuration = "/etc/default/cron";
const packages = ["cron", "cron-daemon-common", "tmux"];

/** Times differ between two runs of the same action, and programs write logs and caches of their own. */
const isSettled = (line: string) =>
  !/ \d+\.\d{9}( |$)/.test(line) && !/ \.?\/var\/(log|cache)\//.test(` ${line}`);

(reasonWithoutTestHosts() ? describe.skip : describe)(
  "a host whose power fails while packages are installed again",
  () => {
    let original: TestHost;
    let script: string;
    let before: string[];

    beforeAll(async () => {
      original = await TestHost.create();
      await original.install("cron", "tmux");
      await original.offerPackages();
      await original.do(`echo '# mine' >>${configuration}`);
      await original.do(crash);
      const wanted = packages.map((name) => ({ name, hold: name === "tmux" }));
      const request: ReinstallRequest = { packages: wanted, configuration: "fresh" };
      const plan = {
        arguments: aptArguments(request, { software: { packages: {} } } as unknown as Facts),
        ...{ installs: [], replaced: [configuration], restored: [], files: [], holds: ["tmux"], unholds: [] },
        checks: packages.map((name) => ({ kind: "verify" as const, package: name })),
      };
      ({ script } = await planDraft(original, draftReinstall(plan), { id: "act_1" }));
      before = (await original.state()).filter(isSettled);
    }, 240_000);
    afterAll(() => original?.close());

    it("is as before or as after, whichever state or call of dpkg it was", async () => {
      const applied = await original.copy();
      await applied.do(script, ["apply"]);
      const after = (await applied.state()).filter(isSettled);
      await applied.close();
      expect(differences(before, after).some((line) => line.includes(configuration))).toBe(true);
      const ends: string[] = [];
      for (let at = 1; ends.at(-1) !== "whole"; at++) {
        const host = await original.copy();
        const { code } = await host.run(script, ["apply"], { env: { DIES_AT: String(at) } });
        if (code === 0) ends.push("whole");
        else {
          // Whoever asks next finds the record, and ends what was begun.
          const next = await host.run(script, ["apply"]);
          const state = (await host.state()).filter(isSettled);
          const as = [before, after].map((each) => differences(each, state).length === 0);
          ends.push(as[0] ? `before, ${next.code}` : as[1] ? `after, ${next.code}` : "between");
        }
        await host.close();
      }
      // Six states, and dpkg before and after.
      expect(ends.length).toBeGreaterThan(8);
      expect(ends.filter((end) => !/^(before, 70|after, 0|whole)$/.test(end))).toEqual([]);
    }, 240_000);
  },
);

(reasonWithoutTestHosts() ? describe.skip : describe)(
  "a host on which the script that sets its kernel is killed",
  () => {
    const path = "/proc/sys/net/ipv4/tcp_rmem";
    const file = "/etc/sysctl.d/60-roost.conf";
    const wanted = "4096 131072 67108864";
    let host: TestHost;
    let value: string;
    let draft: Draft;
    let rehearsal: Rehearsal;

    const now = async () =>
      (await host.do(`cat ${path}; cat ${file} 2>/dev/null || :`)).replaceAll(/[ \t]+/g, " ");

    beforeAll(async () => {
      host = await TestHost.create();
      await host.do(crash);
      await host.boot();
      value = (await host.do(`cat ${path}`)).trim().replaceAll(/\s+/g, " ");
      draft = {
        ...emptyDraft,
        live: [{ path, before: value }],
        steps: [
          ["write_file", "/etc/sysctl.d", "60-roost.conf", "0644", `net.ipv4.tcp_rmem = ${wanted}\n`],
          ["set_live", path, wanted],
        ],
        goals: [["goal_live", path, "equal", wanted]],
      };
      ({ rehearsal } = await planDraft(host, draft, { id: "live" }));
    }, 240_000);
    afterAll(() => host?.close());

    it("has value and file both as before, or both as after", async () => {
      const before = `${value}\n`;
      const after = `${wanted}\nnet.ipv4.tcp_rmem = ${wanted}\n`;
      const ends: string[] = [];
      for (let at = 1; ends.at(-1) !== "whole"; at++) {
        await host.do("rm -f /run/calls");
        const id = `live_${at}`;
        const script = actionScript(actionOf(id, draft, rehearsal));
        const env = { DIES_AT: String(at), DIES: "script" };
        const { code } = await host.run(script, ["apply"], { env });
        if (code === 0) ends.push("whole");
        else {
          const next = await host.run(script, ["apply"]);
          const state = await now();
          ends.push(
            state === before ? `before, ${next.code}` : state === after ? `after, ${next.code}` : "between",
          );
        }
        await host.do(undoScript(id), ["rollback"]).catch(() => "");
        expect(await now()).toBe(before);
      }
      expect(ends.length).toBeGreaterThan(6);
      // 75: what was killed was a part of the script, which has put everything back by itself.
      expect(ends.filter((end) => !/^(before, (70|75|0)|after, 0|whole)$/.test(end))).toEqual([]);
    }, 120_000);
  },
);
