import { describe, expect, it } from "@jest/globals";
import type { Facts } from "../../../host-provisioning/facts/index.ts";
import { judge, type ProfileName, profileOf, profiles } from "../../../host-provisioning/optimize/index.ts";
import { factsFrom } from "../facts/captured.ts";
import { bareHost, containerHost, guestHost } from "./three-hosts.ts";

const modules = new Set(["tcp_bbr", "tcp_cubic", "sch_fq", "bfq", "kyber-iosched", "mq-deadline"]);
const judged = (profile: ProfileName, facts: Facts, options = { modules: modules as ReadonlySet<string> }) =>
  judge(profileOf(profile), facts, options);
/** `value device: verdict what is set`. */
const lines = (...how: Parameters<typeof judged>) =>
  judged(...how).map(({ value, device, verdict, settings }) =>
    [value, device ?? "host", verdict, ...settings.map((s) => `${s.path.split("/").at(-1)}=${s.value}`)].join(
      " ",
    ),
  );

describe("the twelve values of the profiles", () => {
  it("are twelve, as asked", () => {
    expect(profiles.flatMap(({ values }) => Object.entries(values).map((pair) => pair.join("=")))).toEqual([
      "cpu_governor=powersave",
      "swappiness=10",
      "disk_scheduler=noop",
      "cpu_governor=performance",
      "swappiness=1",
      "disk_scheduler=kyber",
      "tcp_congestion=bbr",
      "cpu_governor=performance",
      "swappiness=0",
      "disk_scheduler=none",
      "tcp_congestion=cubic",
      "file_max=2097152",
    ]);
  });

  it("on a machine of its own", () => {
    expect(lines("laptop_battery", bareHost())).toEqual([
      "cpu_governor host applied scaling_governor=powersave energy_performance_preference=balance_power",
      "swappiness host applied swappiness=10",
      "disk_scheduler nvme0n1 replaced scheduler=none",
      "disk_scheduler sda replaced scheduler=mq-deadline",
      "disk_scheduler sdb replaced scheduler=bfq",
    ]);
    expect(lines("desktop_performance", bareHost())).toEqual([
      "cpu_governor host applied scaling_governor=performance",
      "swappiness host replaced swappiness=10",
      "disk_scheduler nvme0n1 replaced scheduler=none",
      "disk_scheduler sda replaced scheduler=bfq",
      "disk_scheduler sdb replaced scheduler=bfq",
      "tcp_congestion host replaced tcp_congestion_control=cubic",
    ]);
    expect(lines("server_production", bareHost())).toEqual([
      "cpu_governor host applied scaling_governor=performance",
      "swappiness host replaced swappiness=10",
      "disk_scheduler nvme0n1 applied scheduler=none",
      "disk_scheduler sda replaced scheduler=mq-deadline",
      "disk_scheduler sdb replaced scheduler=bfq",
      "tcp_congestion host replaced default_qdisc=fq tcp_congestion_control=bbr",
      "file_max host applied file-max=2097152",
    ]);
  });

  it("in a guest", () => {
    expect(lines("laptop_battery", guestHost())).toEqual([
      "cpu_governor host refused",
      "swappiness host applied swappiness=10",
      "disk_scheduler nvme0n1 replaced scheduler=none",
    ]);
    expect(lines("desktop_performance", guestHost())).toEqual([
      "cpu_governor host refused",
      // PostgreSQL runs there.
      "swappiness host replaced swappiness=3",
      "disk_scheduler nvme0n1 replaced scheduler=none",
      "tcp_congestion host replaced tcp_congestion_control=cubic",
    ]);
    expect(lines("server_production", guestHost())).toEqual([
      "cpu_governor host refused",
      "swappiness host replaced swappiness=3",
      "disk_scheduler nvme0n1 applied scheduler=none",
      "tcp_congestion host replaced default_qdisc=fq tcp_congestion_control=bbr",
      "file_max host refused",
    ]);
    const plain = guestHost();
    plain.software.databases = {};
    expect(lines("server_production", plain)).toContain("swappiness host replaced swappiness=30");
  });

  it("in a container are all refused: nothing there is its own", () => {
    for (const { name, values } of profiles) {
      const found = judged(name, containerHost());
      expect(found.map(({ value, verdict, settings }) => [value, verdict, settings])).toEqual(
        Object.keys(values).map((value) => [value, "refused", []]),
      );
    }
  });

  it("each have a reason in words and a place to read it up, on every kind of host", () => {
    for (const { name } of profiles) {
      for (const facts of [bareHost(), guestHost(), containerHost()]) {
        for (const { reason, source, verdict, settings } of judged(name, facts)) {
          expect(reason).toMatch(/^[A-Za-z0-9].{20,}\.$/);
          expect(source).toMatch(/^https:\/\//);
          expect(settings.length > 0).toBe(verdict !== "refused");
        }
      }
    }
  });
});

describe("what decides", () => {
  const one = (
    profile: ProfileName,
    value: string,
    facts: Facts,
    options?: { modules: ReadonlySet<string> },
  ) => judged(profile, facts, options).find((each) => each.value === value);

  it("powersave: the driver", () => {
    const old = bareHost("acpi-cpufreq", "conservative ondemand userspace powersave performance schedutil");
    expect(one("laptop_battery", "cpu_governor", old)).toMatchObject({
      verdict: "replaced",
      settings: [{ value: "schedutil" }],
      reason: expect.stringContaining("pins the lowest frequency"),
    });
    const older = bareHost("acpi-cpufreq", "ondemand powersave");
    expect(one("laptop_battery", "cpu_governor", older)?.settings[0]?.value).toBe("ondemand");
    expect(one("laptop_battery", "cpu_governor", bareHost("acpi-cpufreq", "powersave"))?.verdict).toBe(
      "refused",
    );
    expect(one("server_production", "cpu_governor", bareHost("x", "powersave"))?.verdict).toBe("refused");
    expect(one("server_production", "cpu_governor", factsFrom())?.reason).toContain("no frequency scaling");
  });

  it.each([
    ["tuned.service", "tuned-adm profile throughput-performance"],
    ["power-profiles-daemon.service", "powerprofilesctl set performance"],
    ["tlp.service", "CPU_SCALING_GOVERNOR_ON_AC=performance"],
  ])("the governor: %s, while it runs, is the one to tell", (unit, words) => {
    const facts = bareHost();
    const service = Object.values(guestHost().services.services)[0] as Facts["services"]["services"][string];
    facts.services.services[unit] = { ...service, running: true };
    expect(one("server_production", "cpu_governor", facts)).toMatchObject({
      verdict: "refused",
      reason: expect.stringContaining(words),
    });
    facts.services.services[unit] = { ...service, running: false };
    expect(one("server_production", "cpu_governor", facts)?.verdict).toBe("applied");
  });

  it("swappiness: whether there is swap, and whether it is memory", () => {
    expect(one("server_production", "swappiness", factsFrom())).toMatchObject({
      verdict: "refused",
      reason: expect.stringContaining("no swap"),
    });
    const zram = bareHost();
    zram.system.swaps = { "/dev/zram0": { kind: "partition", bytes: 1, priority: 100 } };
    expect(one("laptop_battery", "swappiness", zram)).toMatchObject({
      verdict: "replaced",
      settings: [{ value: "150" }],
    });
    expect(one("server_production", "swappiness", bareHost())?.reason).toContain("Linux 3.5");
  });

  it("the scheduler: the device, what the kernel offers, and a benchmark for kyber", () => {
    const none = { modules: new Set<string>() };
    expect(lines("laptop_battery", bareHost(), none).slice(2)).toEqual([
      "disk_scheduler nvme0n1 replaced scheduler=none",
      "disk_scheduler sda replaced scheduler=mq-deadline",
      "disk_scheduler sdb replaced scheduler=mq-deadline",
    ]);
    const proven = judge(profileOf("desktop_performance"), bareHost(), {
      modules,
      proven: new Set(["kyber"]),
    });
    expect(proven.filter(({ value }) => value === "disk_scheduler")).toMatchObject([
      { device: "nvme0n1", verdict: "applied", settings: [{ value: "kyber" }] },
      { device: "sda", settings: [{ value: "bfq" }] },
      { device: "sdb", settings: [{ value: "bfq" }] },
    ]);
    const old = bareHost();
    old.system.kernel.release = "4.19.0-27-amd64";
    for (const disk of Object.values(old.hardware.disks)) disk.schedulers = ["noop", "deadline", "cfq"];
    expect(one("laptop_battery", "disk_scheduler", old)).toMatchObject({ verdict: "applied" });
    const bare = bareHost();
    for (const disk of Object.values(bare.hardware.disks)) disk.schedulers = [];
    expect(one("server_production", "disk_scheduler", bare, none)).toMatchObject({
      verdict: "refused",
      device: "nvme0n1",
    });
  });

  it("congestion control: who sends, and what the kernel has", () => {
    const none = { modules: new Set<string>() };
    expect(one("server_production", "tcp_congestion", bareHost(), none)).toMatchObject({
      verdict: "applied",
      settings: [{ value: "cubic" }],
    });
    expect(one("server_production", "tcp_congestion", factsFrom(), none)?.verdict).toBe("refused");
  });

  it("file_max: what there is, which is never lowered", () => {
    const facts = bareHost();
    facts.system.sysctl["fs.file-max"] = 2 ** 63;
    expect(one("server_production", "file_max", facts)).toMatchObject({
      verdict: "refused",
      reason: expect.stringContaining("lower"),
    });
    expect(one("server_production", "file_max", bareHost())?.settings).toMatchObject([
      { operator: "atLeast", value: "2097152" },
    ]);
  });
});
