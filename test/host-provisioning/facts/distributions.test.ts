import { describe, expect, it } from "@jest/globals";
import { factsOf } from "./captured.ts";

describe("Debian 12 on AWS", () => {
  const { hardware, virtualization, system, software, services, network, performance, processes } =
    factsOf("debian-12-aws");

  it("hardware", () => {
    expect(hardware.cpu).toMatchObject({
      model: "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
      architecture: "x86_64",
      sockets: 1,
      cores: 1,
      threads: 2,
      flags: ["fpu", "vme", "hypervisor", "avx2"],
      caches: { index0: { level: 1, type: "Data", bytes: 49_152 } },
      vulnerabilities: { meltdown: "Not affected" },
    });
    expect(hardware.memory).toMatchObject({
      totalBytes: 3_976_048 * 1024,
      hugePageBytes: 2_097_152,
      transparentHugePages: { enabled: "madvise" },
      nodes: { node0: { cpus: "0-1", bytes: 3_976_048 * 1024 } },
    });
    expect(hardware.limits).toEqual({
      cpus: 2,
      memoryBytes: 2_147_483_648,
      swapBytes: null,
      tasks: 3264,
      cutBy: ["/sys/fs/cgroup/user.slice/memory.max", "/sys/fs/cgroup/user.slice/pids.max"],
    });
    expect(Object.keys(hardware.disks)).toEqual(["nvme0n1"]);
    expect(hardware.disks.nvme0n1).toMatchObject({
      bytes: 8_589_934_592,
      model: "Amazon Elastic Block Store",
      rotational: false,
      scheduler: "none",
      schedulers: ["none", "mq-deadline"],
      readAheadBytes: 131_072,
    });
    expect(hardware.partitions.nvme0n1p1).toMatchObject({ number: 1 });
    expect(hardware.gpus).toEqual([
      { address: "0000:00:03.0", vendor: "1D0F", device: "1111", driver: "" },
      { address: "0000:00:1e.0", vendor: "NVIDIA", device: "1EB8", driver: "nvidia" },
    ]);
    expect(hardware.firmware.kind).toBe("uefi");
    expect(hardware.sensors).toEqual({ "nvme Composite": 31_850 });
  });

  it("where it runs, by firmware alone", () => {
    expect(virtualization).toMatchObject({
      hypervisor: "kvm",
      container: null,
      cloud: { provider: "aws", product: "t3.medium", bareMetal: false },
    });
  });

  it("system", () => {
    expect(system.os).toMatchObject({ id: "debian", version: "12.9", codename: "bookworm" });
    expect(system.kernel).toMatchObject({
      release: "6.1.0-30-cloud-amd64",
      lockdown: "none",
      securityModules: ["lockdown", "capability", "apparmor"],
      modules: { nf_tables: { bytes: 331_776, uses: 42, usedBy: ["nft_ct", "nft_chain_nat"] } },
      filesystems: ["sysfs", "ext4"],
    });
    expect(system.bootedAt).toBe("2025-10-09T08:53:20.000Z");
    expect(system.users.postgres).toMatchObject({ id: 110, shell: "/bin/bash" });
    expect(system.groups.sudo).toEqual({ id: 27, members: ["admin", "ops"] });
    expect(system.mounts["/srv/my data"]).toEqual({
      device: "/dev/nvme1n1",
      type: "xfs",
      options: ["rw", "noexec", "attr2"],
    });
    expect(system.swaps["/swapfile"]).toEqual({ kind: "file", bytes: 1_048_572 * 1024, priority: -2 });
    expect(system.sysctl).toMatchObject({
      "vm.swappiness": 60,
      "kernel.printk": "4 4 1 7",
      "fs.inotify.max_user_watches": 29_854,
    });
    expect(system.sysctl).not.toHaveProperty(["kernel.ns_last_pid"]);
  });

  it("packages, and what runs of them", () => {
    expect(software.manager).toBe("dpkg");
    expect(software.packages["openssh-server"]).toMatchObject({
      version: "1:9.2p1-2+deb12u4",
      source: "openssh",
      installed: true,
      automatic: false,
      bytes: 1870 * 1024,
    });
    expect(software.packages).toMatchObject({
      libc6: { automatic: true, source: "glibc" },
      nano: { installed: false },
      dash: { essential: true },
    });
    expect(software.applications["/usr/sbin/sshd"]).toEqual({
      name: "sshd",
      package: "openssh-server",
      version: "1:9.2p1-2+deb12u4",
      dependencies: ["cdebconf", "libc6", "openssh-client"],
      listens: ["tcp 0.0.0.0:22", "tcp [::]:22"],
      users: ["root"],
      units: ["ssh.service"],
      scripts: [],
    });
    // The package lists it under /lib, which is a link to /usr/lib.
    expect(software.applications["/usr/lib/systemd/systemd"]).toMatchObject({ package: "systemd" });
    expect(software.applications["/usr/bin/python3.11"]).toMatchObject({
      package: null,
      users: ["www-data"],
      scripts: ["/srv/app.py"],
    });
    expect(software.databases.postgresql).toEqual({
      kind: "postgresql",
      version: "15.10-0+deb12u1",
      program: "/usr/lib/postgresql/15/bin/postgres",
      listens: ["tcp 127.0.0.1:5432"],
      dataFolders: ["/var/lib/postgresql/15/main"],
    });
    expect(software.runtimes.docker).toMatchObject({ running: false, evidence: ["/run/docker.sock"] });
  });

  it("no argument of a process, of a unit or of a program, and no password of a repository", () => {
    expect(JSON.stringify(factsOf("debian-12-aws"))).not.toContain("canary");
    expect(software.sources).toEqual([
      "URIs: http://deb.debian.org/debian",
      "deb https://deb.example.com/debian bookworm main",
    ]);
  });

  it("services", () => {
    expect(services.manager).toBe("systemd");
    expect(services.services).toMatchObject({
      "ssh.service": { enabled: true, running: true, program: "/usr/sbin/sshd" },
      "postgresql@.service": { enabled: false, running: true, program: "/usr/bin/pg_ctlcluster" },
      "app.service": { description: "Local", user: "www-data", running: true },
      "apt-daily.timer": { kind: "timer", enabled: true, running: null },
      "rsync.service": { masked: true },
      "supervisord:worker": { manager: "supervisord", program: "/usr/bin/worker" },
    });
  });

  it("network", () => {
    expect(network.interfaces.ens5).toMatchObject({
      mtu: 9001,
      kind: "ethernet",
      driver: "ena",
      megabits: null,
      addresses: ["172.31.5.20/20", "fe80::8f5:1aff:fe9a:d3b/64"],
    });
    expect(network.interfaces.lo).toMatchObject({
      kind: "loopback",
      addresses: ["127.0.0.1/8", "::1/128"],
    });
    expect(network.routes).toEqual([
      { destination: "0.0.0.0/0", gateway: "172.31.0.1", interface: "ens5", metric: 100 },
      { destination: "172.31.0.0/20", gateway: null, interface: "ens5", metric: 100 },
      { destination: "fe80::/64", gateway: null, interface: "ens5", metric: 256 },
    ]);
    expect(network.neighbours).toEqual([
      { address: "172.31.0.1", mac: "0a:c2:ef:00:00:01", interface: "ens5" },
    ]);
    expect(network.resolver).toEqual({
      servers: ["172.31.0.2"],
      search: ["eu-west-1.compute.internal"],
      options: [],
    });
    expect(network.hosts["172.31.5.20"]).toEqual(["web-1", "web"]);
    expect(
      network.ports.map(({ protocol, address, port, scope, process, package: owner }) => [
        `${protocol} ${address}:${port}`,
        scope,
        process,
        owner,
      ]),
    ).toEqual([
      ["tcp 0.0.0.0:22", "any", "sshd", "openssh-server"],
      ["tcp :::22", "any", "sshd", "openssh-server"],
      // What has the number of this socket is a file of a mounted disk.
      ["udp 0.0.0.0:68", "any", null, null],
      ["tcp 127.0.0.1:5432", "loopback", "postgres", "postgresql-15"],
    ]);
    expect(network.peers).toEqual([
      { address: "10.0.0.10", port: 22, direction: "in", connections: 2 },
      { address: "8.8.8.8", port: 443, direction: "out", connections: 1 },
    ]);
  });

  it("measurements, and processes but the scan's own", () => {
    expect(performance).toMatchObject({
      uptimeSeconds: 350_735.47,
      load: [0.2, 0.18, 0.12],
      tasks: { running: 1, all: 80 },
      cpuTicks: { user: 3357, idle: 1_362_393, steal: 7 },
      memoryBytes: { MemAvailable: 3_341_216 * 1024 },
      pressure: { "cpu some": { avg10: 1.5, avg60: 0.4, avg300: 0.1 } },
      disks: { nvme0n1: { reads: 5000, readBytes: 102_400_000, writes: 4000, busyMilliseconds: 1234 } },
      interfaces: {
        ens5: { receivedBytes: 3_427_046_883, receiveDrops: 2, sentPackets: 107_149, sendDrops: 4 },
      },
    });
    expect(Object.keys(processes)).toEqual(["1", "2", "500", "600", "700"]);
    expect(processes["2"]).toMatchObject({ name: "kthreadd", program: null });
  });
});

describe("Alpine in a container", () => {
  const { hardware, virtualization, system, software, services, network } = factsOf("alpine-3-container");

  it("is limited by its control group", () => {
    expect(hardware.cpu).toMatchObject({ threads: 4, flags: ["fp", "asimd", "aes"], vendor: "0x41" });
    expect(hardware.limits).toMatchObject({ cpus: 3, memoryBytes: 536_870_912 });
    expect(virtualization).toMatchObject({ hypervisor: null, container: "podman", cloud: null });
  });

  it("has packages of apk and services of OpenRC", () => {
    expect(system.os).toMatchObject({ id: "alpine", version: "3.20.3" });
    expect(software.manager).toBe("apk");
    expect(software.packages).toMatchObject({
      musl: { automatic: true, licence: "MIT", bytes: 622_592 },
      redis: { automatic: false, depends: ["/bin/sh", "so:libc.musl-aarch64.so.1"] },
    });
    expect(software.applications["/usr/bin/redis-server"]).toMatchObject({
      package: "redis",
      version: "7.2.4-r0",
      dependencies: ["musl"],
      listens: ["tcp 0.0.0.0:6379"],
    });
    expect(software.databases.redis).toMatchObject({ version: "7.2.4-r0", listens: ["tcp 0.0.0.0:6379"] });
    expect(services).toMatchObject({
      manager: "openrc",
      services: { redis: { enabled: true, running: true }, crond: { enabled: false, running: false } },
    });
    expect(network.ports).toMatchObject([{ port: 6379, user: 100, process: "redis-server" }]);
  });
});

describe("Rocky 8 on Azure", () => {
  const { hardware, virtualization, system, software, services, network } = factsOf("rocky-8-azure");

  it("has control groups of version 1, and a cloud by its chassis", () => {
    expect(hardware.limits).toMatchObject({ cpus: 1, memoryBytes: 4_294_967_296 });
    expect(virtualization).toMatchObject({ hypervisor: "microsoft", cloud: { provider: "azure" } });
    expect(system.os).toMatchObject({ id: "rocky", like: ["rhel", "centos", "fedora"], version: "8.10" });
  });

  it("has packages of rpm; a kernel before 5.14 tells the owners of ports by a listing", () => {
    expect(software.manager).toBe("rpm");
    expect(software.packages).toMatchObject({
      httpd: {
        version: "2.4.37-65.module+el8.10.0",
        source: "httpd",
        depends: ["/bin/sh", "httpd-tools", "libc.so.6()(64bit)"],
      },
      "bind-libs": { version: "32:9.11.36-16.el8", vendor: null },
    });
    expect(software.applications["/usr/sbin/httpd"]).toMatchObject({
      package: "httpd",
      dependencies: ["httpd-tools"],
    });
    expect(services.services["httpd.service"]).toMatchObject({ enabled: false, running: true });
    expect(network.ports).toMatchObject([
      { address: "::ffff:127.0.0.1", port: 80, scope: "loopback", process: "httpd", package: "httpd" },
    ]);
  });
});
