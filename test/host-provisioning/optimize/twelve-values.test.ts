import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Facts } from "../../../host-provisioning/facts/index.ts";
import {
  draftTuning,
  type ProfileName,
  profileNames,
  readSurvey,
  surveyScript,
  tune,
  unmet,
} from "../../../host-provisioning/optimize/index.ts";
import { undoScript } from "../../../host-provisioning/undo/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "../undo/planning.ts";
import { bareHost, containerHost, guestHost } from "./three-hosts.ts";

const mark = "0123456789abcdef";
/** Files of the kernel that the twelve values are about, as such hosts have them. A test's copies lie in their places. */
const kernel: Record<string, string> = {
  "/proc/sys/vm/swappiness": "60",
  "/proc/sys/fs/file-max": "1620000",
  "/proc/sys/net/ipv4/tcp_congestion_control": "cubic",
  "/sys/block/nvme0n1/queue/scheduler": "[none] mq-deadline",
  "/sys/block/sda/queue/scheduler": "none [mq-deadline]",
  "/sys/block/sdb/queue/scheduler": "none [mq-deadline]",
  "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "powersave",
  "/sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference": "performance",
};
const named = /\/(swappiness|file-max|tcp_congestion_control|scheduler|scaling_governor)$/;

/** What the named files say after each profile; a host that refuses a value keeps its own. */
const expected: Record<string, Record<ProfileName, string[]>> = {
  bare: {
    laptop_battery: ["swappiness 10", "nvme0n1 none", "sda mq-deadline", "sdb bfq", "policy0 powersave"],
    desktop_performance: [
      "swappiness 10",
      "cubic",
      "nvme0n1 none",
      "sda bfq",
      "sdb bfq",
      "policy0 performance",
    ],
    server_production: [
      ...["swappiness 10", "file-max 2097152", "bbr"],
      ...["nvme0n1 none", "sda mq-deadline", "sdb bfq", "policy0 performance"],
    ],
  },
  // PostgreSQL runs there, the frequencies are the hypervisor's, and file-max is greater than what is asked.
  guest: {
    laptop_battery: ["swappiness 10", "nvme0n1 none"],
    desktop_performance: ["swappiness 3", "cubic", "nvme0n1 none"],
    server_production: ["swappiness 3", "bbr", "nvme0n1 none"],
  },
  container: { laptop_battery: [], desktop_performance: [], server_production: [] },
};
const kinds: Record<string, () => Facts> = { bare: bareHost, guest: guestHost, container: containerHost };

(reasonWithoutTestHosts() ? describe.skip : describe)("the twelve values, by the real scripts", () => {
  let host: TestHost;
  const modules = new Set(["tcp_bbr", "tcp_cubic", "bfq"]);

  beforeAll(async () => {
    host = await TestHost.create();
    // From now on all runs share one mount namespace, in which files lie over those of the kernel.
    await host.startSshd();
    const lay = Object.entries(kernel).map(([path, text]) =>
      path.startsWith("/sys/")
        ? `mkdir -p ${path.slice(0, path.lastIndexOf("/"))}; echo '${text}' >${path}`
        : `echo '${text}' >/run/laid${path.replaceAll("/", "-")}; mount --bind /run/laid${path.replaceAll("/", "-")} ${path}`,
    );
    const laid = Object.keys(kernel).filter((path) => path.startsWith("/proc/"));
    // Nothing may reach the machine's own kernel.
    const checks = laid.map((path) => `grep -q ' ${path} ' /proc/self/mountinfo`);
    await host.do(["set -e", ...lay, ...checks].join("\n"));
  }, 240_000);
  afterAll(() => host.close());

  const look = async () => {
    const survey = readSurvey(await host.do(surveyScript(mark)), mark);
    if (!survey) throw new Error("the survey is not whole");
    // Only the copies: nothing of the machine below is ever set.
    const values = [...survey.values].filter(([path]) => path in kernel);
    // Its files for udev and tmpfiles are written too, though nothing here reads them.
    return { ...survey, values: new Map(values), modules, present: new Set(["/run/systemd/system"]) };
  };
  const contents = () => host.do(`cat ${Object.keys(kernel).join(" ")}`);

  const cases = Object.keys(kinds).flatMap((kind) => profileNames.map((profile) => [kind, profile] as const));
  it.each(cases)(
    "on a %s host, %s: applied and read back, or refused with its reason, and back to the letter",
    async (kind, profile) => {
      const facts = (kinds[kind] as () => Facts)();
      const before = await look();
      const old = await contents();
      const { judgements, plan } = tune(profile, facts, before);
      for (const { verdict, reason, source, settings } of judgements) {
        expect([reason, source]).toEqual([
          expect.stringMatching(/\w{3}.*\.$/),
          expect.stringMatching(/^https:/),
        ]);
        expect(settings.length > 0).toBe(verdict !== "refused");
      }
      const wanted = expected[kind]?.[profile] ?? [];
      const goals = plan.goals.filter(({ path }) => named.test(path));
      const said = goals.map(({ path, value }) => {
        const [, device, leaf] = /\/([^/]+)(?:\/queue)?\/([^/]+)$/.exec(path) ?? [];
        if (leaf === "tcp_congestion_control") return value;
        return `${/^(swappiness|file-max)$/.test(leaf ?? "") ? leaf : device} ${value}`;
      });
      expect(said.sort()).toEqual([...wanted].sort());
      if (plan.writes.length === 0) return;
      const id = `${kind}_${profile}`;
      const { script } = await planDraft(host, draftTuning(plan), { id });
      expect(await contents()).toBe(old);
      await host.do(script, ["apply"]);
      const after = await look();
      expect(unmet(plan.goals, after.values)).toEqual([]);
      expect(await host.do(script, ["verify"])).toMatch(/^holds yes\n/);
      await host.do(undoScript(id), ["rollback"]);
      const restored = await look();
      const chosen = (text: string) => /\[(.*)\]/.exec(text)?.[1] ?? text;
      for (const [path, text] of before.values)
        expect([path, chosen(restored.values.get(path) ?? "")]).toEqual([path, chosen(text)]);
      expect((await host.run("ls /etc/sysctl.d/60-roost.conf")).code).not.toBe(0);
      await host.do(
        Object.entries(kernel)
          .map(([path, text]) => `echo '${text}' >${path}`)
          .join("\n"),
      );
    },
    100_000,
  );
});
