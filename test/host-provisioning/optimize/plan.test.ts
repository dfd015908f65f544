import { execFileSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import {
  additions,
  areaNames,
  planTuning,
  profileNames,
  readSurvey,
  type Setting,
  type Survey,
  surveyScript,
  tune,
  unmet,
  whyNever,
} from "../../../host-provisioning/optimize/index.ts";
import { bareHost, containerHost, guestHost } from "./three-hosts.ts";

const mark = "0123456789abcdef";
const own = "/etc/sysctl.d/60-roost.conf";
const setting = (path: string, operator: Setting["operator"], value: string): Setting => ({
  path,
  operator,
  value,
  reason: "Because.",
  source: "https://docs.kernel.org/",
});
const survey = (values: Record<string, string>, files: Record<string, string> = {}): Survey => ({
  values: new Map(Object.entries(values)),
  files: new Map(Object.entries(files)),
  modules: new Set(),
  present: new Set(["/run/systemd/system"]),
});
const swappiness = setting("/proc/sys/vm/swappiness", "equal", "10");
const fileMax = setting("/proc/sys/fs/file-max", "atLeast", "2097152");
const textOf = (plan: ReturnType<typeof planTuning>, path = own) =>
  plan.files.find((file) => file.path === path)?.text;

describe("a plan of tuning", () => {
  it("has the lasting text, the live writes, the values before and what brings them back", () => {
    const plan = planTuning(
      [
        swappiness,
        setting("/sys/block/sda/queue/scheduler", "equal", "mq-deadline"),
        setting("/sys/devices/system/cpu/cpufreq/policy*/scaling_governor", "equal", "performance"),
      ],
      survey({
        "/proc/sys/vm/swappiness": "60",
        "/sys/block/sda/queue/scheduler": "[none] mq-deadline",
        "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "powersave",
        "/sys/devices/system/cpu/cpufreq/policy1/scaling_governor": "performance",
      }),
    );
    expect(plan.writes).toEqual([
      { path: "/proc/sys/vm/swappiness", value: "10", before: "60" },
      { path: "/sys/block/sda/queue/scheduler", value: "mq-deadline", before: "none" },
      {
        path: "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
        value: "performance",
        before: "powersave",
      },
    ]);
    expect(plan.undo.at(-1)).toEqual({ path: "/proc/sys/vm/swappiness", value: "60" });
    expect(textOf(plan)).toContain("\n# Because.\nvm.swappiness = 10\n");
    expect(textOf(plan, "/etc/udev/rules.d/60-roost.rules")).toContain(
      'KERNEL=="sda", ATTR{queue/scheduler}="mq-deadline"',
    );
    expect(textOf(plan, "/etc/tmpfiles.d/60-roost.conf")).toContain(
      "w /sys/devices/system/cpu/cpufreq/policy1/scaling_governor - - - - performance\n",
    );
  });

  it("never lowers a limit, number by number, and freezes none that is met", () => {
    const memory = setting("/proc/sys/net/ipv4/tcp_rmem", "atLeast", "4096 131072 16777216");
    const plan = planTuning(
      [fileMax, memory, setting("/proc/sys/vm/dirty_ratio", "atMost", "20")],
      survey({
        "/proc/sys/fs/file-max": "9223372036854775807",
        "/proc/sys/net/ipv4/tcp_rmem": "8192\t87380\t6291456",
        "/proc/sys/vm/dirty_ratio": "10",
      }),
    );
    expect(plan.writes).toEqual([
      { path: memory.path, value: "8192 131072 16777216", before: "8192 87380 6291456" },
    ]);
    expect(plan.already).toEqual([
      { path: "/proc/sys/fs/file-max", value: "9223372036854775807" },
      { path: "/proc/sys/vm/dirty_ratio", value: "10" },
    ]);
    expect(textOf(plan)).not.toMatch(/file-max|dirty_ratio/);
  });

  it("is empty and keeps its files once it was carried out", () => {
    const first = planTuning([swappiness, fileMax], survey({ [swappiness.path]: "60", [fileMax.path]: "5" }));
    const after = survey(
      { [swappiness.path]: "10", [fileMax.path]: "2097152" },
      { [own]: textOf(first) as string },
    );
    const second = planTuning([swappiness, fileMax], after);
    expect(second.writes).toEqual([]);
    expect(second.files).toEqual(first.files);
    expect(unmet(second.goals, after.values)).toEqual([]);
    expect(unmet(second.goals, survey({ [swappiness.path]: "60" }).values)).toEqual([
      { path: swappiness.path, wanted: "10", found: "60" },
      { path: fileMax.path, wanted: "2097152", found: null },
    ]);
  });

  it("sets the firmware's power profile where it offers the wanted one, of a machine of its own alone", () => {
    const path = "/sys/firmware/acpi/platform_profile";
    const offers = (choices: string) => survey({ [path]: "balanced", [`${path}_choices`]: choices });
    const writes = (
      profile: (typeof profileNames)[number],
      facts = bareHost(),
      choices = "low-power balanced performance",
    ) =>
      tune(profile, facts, offers(choices), { areas: ["kernel"] }).plan.writes.filter(
        (one) => one.path === path,
      );
    expect(writes("laptop_battery")).toEqual([{ path, value: "low-power", before: "balanced" }]);
    expect(writes("server_production")).toEqual([{ path, value: "performance", before: "balanced" }]);
    expect(writes("laptop_battery", bareHost(), "quiet balanced performance")).toEqual([]);
    expect(writes("laptop_battery", guestHost())).toEqual([]);
    const managed = bareHost();
    const service = Object.values(
      guestHost().services.services,
    )[0] as (typeof managed.services.services)[string];
    managed.services.services["power-profiles-daemon.service"] = { ...service, running: true };
    expect(writes("laptop_battery", managed)).toEqual([]);
  });

  it("about one area leaves what its files set for others, and drops what they set for its own", () => {
    const scheduler = setting("/sys/block/sda/queue/scheduler", "equal", "bfq");
    const values = {
      [swappiness.path]: "60",
      [scheduler.path]: "[none] bfq",
      "/proc/sys/vm/dirty_ratio": "20",
    };
    const ratio = setting("/proc/sys/vm/dirty_ratio", "equal", "10");
    const files = planTuning([swappiness, ratio, scheduler], survey(values)).files;
    const there = Object.fromEntries(
      files.flatMap(({ path, text }) => (text === null ? [] : [[path, text]])),
    );
    const disk = { isOthers: (path: string) => !path.startsWith("/sys/block/") };
    const again = planTuning([{ ...scheduler, value: "none" }], survey(values, there), disk);
    expect(textOf(again)).toBe(there[own]);
    expect(textOf(again, "/etc/udev/rules.d/60-roost.rules")).toContain('ATTR{queue/scheduler}="none"');
    const one = { isOthers: (path: string) => path.startsWith("/sys/block/") };
    const less = planTuning([swappiness], survey(values, there), one);
    expect(textOf(less)).toContain("vm.swappiness = 10");
    expect(textOf(less)).not.toContain("dirty_ratio");
    expect(textOf(less, "/etc/udev/rules.d/60-roost.rules")).toBe(there["/etc/udev/rules.d/60-roost.rules"]);
  });

  it.each([
    ["/etc/sysctl.conf", "vm.swappiness=1", true],
    ["/etc/sysctl.d/99-mine.conf", "-vm/swappiness = 1", true],
    ["/usr/lib/sysctl.d/90-vendor.conf", "vm.swappiness = 1", true],
    ["/etc/sysctl.d/50-early.conf", "vm.swappiness = 1", false],
    ["/etc/sysctl.d/99-mine.conf", "# vm.swappiness = 1", false],
    ["/etc/sysctl.d/99-mine.conf", "vm.swappiness_other = 1", false],
    ["/etc/sysctl.d/99-mine.conf", "vm.* = 1", true],
  ])("a later file of the admin wins: %s %s → %s", (path, text, wins) => {
    const plan = planTuning([swappiness], survey({ [swappiness.path]: "60" }, { [path]: text }));
    expect(plan.kept).toEqual(wins ? [{ path: swappiness.path, value: "1", by: path }] : []);
    expect(plan.writes.length).toBe(wins ? 0 : 1);
    expect(textOf(plan) === null).toBe(wins);
  });

  it("a file under /etc hides one of its name under /usr/lib", () => {
    const files = { "/usr/lib/sysctl.d/90-v.conf": "vm.swappiness = 1", "/etc/sysctl.d/90-v.conf": "# none" };
    expect(planTuning([swappiness], survey({ [swappiness.path]: "60" }, files)).kept).toEqual([]);
  });

  it("later rules of udev and of tmpfiles win as well", () => {
    const scheduler = setting("/sys/block/sda/queue/scheduler", "equal", "bfq");
    const governor = setting(
      "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor",
      "equal",
      "performance",
    );
    const policy = "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor";
    const plan = planTuning(
      [scheduler, governor],
      survey(
        { [scheduler.path]: "[none] bfq", [policy]: "powersave" },
        {
          "/etc/udev/rules.d/99-disk.rules": 'KERNEL=="sd?", ATTR{queue/scheduler}="none"',
          "/etc/tmpfiles.d/90-cpu.conf": `w ${governor.path} - - - - powersave`,
        },
      ),
    );
    expect(plan.kept.map(({ by }) => by)).toEqual([
      "/etc/udev/rules.d/99-disk.rules",
      "/etc/tmpfiles.d/90-cpu.conf",
    ]);
    expect(plan.writes).toEqual([]);
  });

  it("goes back to bytes where the share that it sets had none of its own", () => {
    const ratio = setting("/proc/sys/vm/dirty_ratio", "equal", "10");
    const plan = planTuning([ratio], survey({ [ratio.path]: "0", "/proc/sys/vm/dirty_bytes": "536870912" }));
    expect(plan.undo).toEqual([{ path: "/proc/sys/vm/dirty_bytes", value: "536870912" }]);
  });

  it("says what is not there, and what does not outlast a start", () => {
    const plan = planTuning([setting("/sys/block/sda/queue/read_ahead_kb", "atLeast", "4096"), fileMax], {
      ...survey({ "/sys/block/sda/queue/read_ahead_kb": "128" }),
      present: new Set(),
    });
    expect(plan.missing).toEqual([{ path: fileMax.path, value: fileMax.value }]);
    expect(plan.untilRestart).toEqual(["/sys/block/sda/queue/read_ahead_kb"]);
    expect(plan.files.map(({ path }) => path)).toEqual([own]);
  });
});

describe("tuning for a profile", () => {
  const found = survey({
    "/proc/sys/vm/swappiness": "60",
    "/proc/sys/vm/dirty_ratio": "20",
    "/proc/sys/fs/file-max": "1620000",
    "/sys/block/sda/queue/scheduler": "none [mq-deadline]",
  });

  it("plans what was judged and what goes beside it, by area", () => {
    const { judgements, plan } = tune("server_production", bareHost(), found);
    expect(judgements).toHaveLength(7);
    expect(plan.writes.map(({ path, value }) => [path, value])).toEqual([
      ["/proc/sys/vm/swappiness", "10"],
      ["/proc/sys/fs/file-max", "2097152"],
      ["/proc/sys/vm/dirty_ratio", "40"],
    ]);
    const memory = tune("server_production", bareHost(), found, { areas: ["memory"] });
    expect(memory.judgements.map(({ value }) => value)).toEqual(["swappiness"]);
    expect(memory.plan.writes.map(({ path }) => path)).toEqual([
      "/proc/sys/vm/swappiness",
      "/proc/sys/vm/dirty_ratio",
    ]);
  });

  it("writes nothing in a container", () => {
    const { judgements, plan } = tune("server_production", containerHost(), found);
    expect(judgements.map(({ verdict }) => verdict)).toEqual(Array(5).fill("refused"));
    expect([plan.writes, plan.files.map(({ text }) => text)]).toEqual([[], [null, null, null]]);
  });
});

describe("areas", () => {
  const all = (facts: ReturnType<typeof bareHost>) =>
    profileNames.flatMap((name) => areaNames.flatMap((area) => additions(name, area, facts)));

  it("set nothing in a container, and nothing anywhere that is never to be set", () => {
    expect(all(containerHost())).toEqual([]);
    for (const { path } of [...all(bareHost()), ...all(guestHost())])
      expect(whyNever(path.replace("/proc/sys/", "").replaceAll("/", "."))).toBeUndefined();
  });

  it("know databases: bytes instead of shares, no transparent huge pages, no read-ahead", () => {
    const names = (area: "memory" | "disk") =>
      additions("server_production", area, guestHost()).map(({ path, value }) => `${path} ${value}`);
    expect(names("memory")).toEqual([
      "/proc/sys/vm/dirty_bytes 536870912",
      "/proc/sys/vm/dirty_background_bytes 67108864",
      "/sys/kernel/mm/transparent_hugepage/enabled never",
    ]);
    expect(names("disk")).toEqual([]);
    expect(additions("server_production", "disk", bareHost()).map(({ path }) => path)).toEqual(
      ["nvme0n1", "sda", "sdb"].map((disk) => `/sys/block/${disk}/queue/read_ahead_kb`),
    );
  });

  it.each([
    "net.ipv4.tcp_tw_recycle",
    "kernel.sched_min_granularity_ns",
    "net.ipv4.tcp_mem",
    "net.ipv6.conf.all.disable_ipv6",
    "vm.drop_caches",
  ])("never %s", (name) => {
    expect(whyNever(name)).toMatchObject({ source: expect.stringMatching(/^https:/) });
  });
});

(process.platform === "linux" ? describe : describe.skip)("the survey on this machine", () => {
  it("tells the values to the letter, and is refused when it is cut", () => {
    const output = execFileSync("/bin/sh", ["-s"], { input: surveyScript(mark), encoding: "utf8" });
    const found = readSurvey(output, mark) as Survey;
    expect(found.values.get("/proc/sys/vm/swappiness")).toMatch(/^\d+$/);
    expect(found.values.get("/proc/sys/fs/file-max")).toMatch(/^\d+$/);
    const plan = planTuning([fileMax], found);
    expect([...plan.already, ...plan.kept, ...plan.writes]).toHaveLength(1);
    expect(readSurvey(output.slice(0, -20), mark)).toBeUndefined();
  });
});
