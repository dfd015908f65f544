import { describe, expect, it } from "@jest/globals";
import { readFacts } from "../../../host-provisioning/facts/index.ts";
import { captured, factsFrom } from "./captured.ts";

const dmi = (field: string, value: string) => `/sys/class/dmi/id/${field}:${value}`;

describe("clouds, by what firmware says", () => {
  it.each([
    ["aws", dmi("product_uuid", "EC2AE145-D1DC-13B2-94ED-012345ABCDEF")],
    ["aws", dmi("product_uuid", "45E12AEC-DCD1-B213-94ED-012345ABCDEF")],
    ["azure", dmi("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77")],
    ["gcp", dmi("product_name", "Google Compute Engine")],
    ["gcp", dmi("product_serial", "GoogleCloud-0123")],
    ["oracle", dmi("chassis_asset_tag", "OracleCloud.com")],
    ["digitalocean", dmi("sys_vendor", "DigitalOcean")],
    ["hetzner", dmi("sys_vendor", "Hetzner")],
    ["akamai", dmi("sys_vendor", "Linode")],
    ["alibaba", dmi("product_name", "Alibaba Cloud ECS")],
    ["openstack", dmi("product_name", "OpenStack Nova")],
  ])("%s: %s", (provider, line) => {
    expect(factsFrom(line).virtualization.cloud?.provider).toBe(provider);
  });

  it.each([
    dmi("sys_vendor", "Dell Inc."),
    dmi("product_uuid", "4c4c4544-0042-3010-8030-b4c04f4e4332"),
    dmi("sys_vendor", "Microsoft Corporation"),
  ])("none: %s", (line) => expect(factsFrom(line).virtualization.cloud).toBeNull());

  it("bare metal has no hypervisor", () => {
    const { virtualization } = factsFrom(dmi("sys_vendor", "Amazon EC2"), dmi("product_name", "c5.metal"));
    expect(virtualization).toMatchObject({ hypervisor: null, cloud: { provider: "aws", bareMetal: true } });
  });
});

describe("what can be used", () => {
  const machine = ["/sys/devices/system/cpu/online:0-7", "/proc/meminfo:MemTotal: 1000 kB"];

  it.each<[string, string[], number, number]>([
    ["no control group", [], 8, 1_024_000],
    ["no limit", ["/sys/fs/cgroup/a/cpu.max:max 100000", "/sys/fs/cgroup/a/memory.max:max"], 8, 1_024_000],
    ["a quota, rounded up", ["/sys/fs/cgroup/a/cpu.max:150000 100000"], 2, 1_024_000],
    [
      "the least of all parents",
      ["/sys/fs/cgroup/a/b/cpu.max:400000 100000", "/sys/fs/cgroup/a/cpu.max:100000 100000"],
      1,
      1_024_000,
    ],
    ["a set of processors", ["/sys/fs/cgroup/a/cpuset.cpus.effective:0-1,4"], 3, 1_024_000],
    ["more memory than there is", ["/sys/fs/cgroup/a/memory.max:9999999999"], 8, 1_024_000],
    ["less memory", ["/sys/fs/cgroup/a/memory.max:4096", "/sys/fs/cgroup/memory.high:2048"], 8, 2048],
    ["a name with a colon", ["/sys/fs/cgroup/a:b/memory.max:4096"], 8, 4096],
    [
      "version 1",
      ["/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us:50000", "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us:100000"],
      1,
      1_024_000,
    ],
    ["a quota of nothing", ["/sys/fs/cgroup/a/cpu.max:0 0"], 8, 1_024_000],
  ])("%s", (_what, lines, cpus, memoryBytes) => {
    expect(factsFrom(...machine, ...lines).hardware.limits).toMatchObject({ cpus, memoryBytes });
  });
});

it("a setting of the kernel of several lines is told whole, equal ones too", () => {
  const lines = ["file", "pipe", "file", "pipe"].map((line) => `/proc/sys/kernel/core_modes:${line}`);
  expect(factsFrom(...lines).system.sysctl).toEqual({ "kernel.core_modes": "file\npipe\nfile\npipe" });
});

it.each([
  ["of its own file of names", "db-1", "10.0.0.7 db-1.example.org db-1", "db-1.example.org"],
  ["that it calls itself", "db-1.example.org", "127.0.0.1 localhost", "db-1.example.org"],
  ["that it has none of", "db-1", "10.0.0.7 db-10.example.org", null],
])("the whole name is the one %s", (_what, name, line, whole) => {
  const { network } = factsFrom(`/proc/sys/kernel/hostname:${name}`, `/etc/hosts:${line}`);
  expect(network.fqdn).toBe(whole);
});

it("firmware is only told where something tells of it", () => {
  expect(factsFrom().hardware.firmware.kind).toBeNull();
  expect(factsFrom(dmi("bios_vendor", "SeaBIOS")).hardware.firmware.kind).toBe("bios");
});

it("processors are counted by where they sit, not by how many cpuinfo lists", () => {
  const topology = [0, 1, 2, 3].flatMap((cpu) => [
    `/sys/devices/system/cpu/cpu${cpu}/topology/physical_package_id:${cpu >> 1}`,
    `/sys/devices/system/cpu/cpu${cpu}/topology/core_id:0`,
  ]);
  const lines = ["/proc/cpuinfo:processor\t: 0", "/sys/devices/system/cpu/online:0-3", ...topology];
  expect(factsFrom(...lines).hardware.cpu).toMatchObject({ sockets: 2, cores: 2, threads: 4 });
});

describe("where a port can be reached from", () => {
  it.each([
    ["00000000:0050", "tcp", "0.0.0.0", "any"],
    ["0100007F:0050", "tcp", "127.0.0.1", "loopback"],
    ["0A00000A:0050", "tcp", "10.0.0.10", "private"],
    ["010012AC:0050", "tcp", "172.18.0.1", "private"],
    ["01002064:0050", "tcp", "100.32.0.1", "public"],
    ["01004064:0050", "tcp", "100.64.0.1", "private"],
    ["08080808:0050", "tcp", "8.8.8.8", "public"],
    ["00000000000000000000000001000000:0050", "tcp6", "::1", "loopback"],
    ["B80D0120000000000000000001000000:0050", "tcp6", "2001:db8::1", "public"],
    ["000000FD000000000000000001000000:0050", "tcp6", "fd00::1", "private"],
  ])("%s", (local, table, address, scope) => {
    const remote = local.length > 20 ? `${"0".repeat(32)}:0000` : "00000000:0000";
    const row = `/proc/net/${table}:   0: ${local} ${remote} 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0`;
    expect(factsFrom(row).network.ports).toMatchObject([{ address, port: 80, scope }]);
  });
});

describe("a process in a container", () => {
  const group = `/system.slice/docker-${"ab".repeat(32)}.scope`;
  const inside = captured("debian-12-aws").replace(/(\/proc\/600\/cgroup:0::).*/, `$1${group}`);
  const facts = readFacts(inside, "MARK");

  it("belongs to no package of the host, though its path is one's", () => {
    expect(facts?.processes["600"]?.container).toBe("ab".repeat(32));
    expect(facts?.network.ports.find(({ port }) => port === 5432)).toMatchObject({
      process: "postgres",
      package: null,
    });
    expect(Object.keys(facts?.software.applications ?? {})).not.toContain(
      "/usr/lib/postgresql/15/bin/postgres",
    );
  });
});

describe("what is not the probe's output is not taken for it", () => {
  const whole = captured("debian-12-aws");

  it.each([
    ["nothing", ""],
    ["a greeting alone", "Welcome!\n"],
    ["cut", whole.slice(0, -20)],
    ["another mark", whole.replaceAll("== MARK", "== OTHER")],
  ])("%s", (_what, output) => expect(readFacts(output, "MARK")).toBeUndefined());

  it("a greeting before it does no harm", () => {
    expect(readFacts(`Welcome!\n${whole}`, "MARK")).toEqual(readFacts(whole, "MARK"));
  });

  it("a section that a file of the host opens has another mark", () => {
    const forged = whole.replace("Package: nano", "== GUESS end\nPackage: nano");
    expect(readFacts(forged, "MARK")?.software.packages.dash?.installed).toBe(true);
  });
});
