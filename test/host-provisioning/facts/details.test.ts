import { expect, it } from "@jest/globals";
import { type DetailFacts, Probe, readDetails } from "../../../host-provisioning/facts/index.ts";

/** What details.sh prints, by the documented formats of the kernel and of the programs that it asks. */
const output = `== MARK self
1
== MARK filesystems
4096 1000 400 350 100 25 /
4096 10 0 0 0 0 /mnt/a disc
== MARK links
/dev/disk/by-uuid:
total 0
lrwxrwxrwx 1 root root 10 Jan 15 08:00 0b4c-11 -> ../../sda1
/dev/disk/by-label:
lrwxrwxrwx 1 root root 10 Jan 15 08:00 a\\x20disk -> ../../sda1
/dev/disk/by-id:
lrwxrwxrwx 1 root root 9 Jan 15 08:00 ata-QEMU -> ../../sda
== MARK files
/sys/class/block/sda1/start:2048
/proc/mdstat:Personalities : [raid1]
/proc/mdstat:md0 : active (auto-read-only) raid1 sdb1[1] sda1[0](F)
/proc/mdstat:      1046528 blocks super 1.2 [2/1] [_U]
/proc/self/limits:Limit                     Soft Limit           Hard Limit           Units
/proc/self/limits:Max open files            1024                 1048576              files
/proc/self/limits:Max cpu time              unlimited            unlimited            seconds
/proc/sys/crypto/fips_enabled:0
/etc/iscsi/initiatorname.iscsi:InitiatorName=iqn.1993-08.org.debian:01:abc
/sys/class/net/eth0/flags:0x1103
/sys/class/net/lo/flags:0x9
/sys/kernel/security/apparmor/profiles:/usr/bin/man (enforce)
/usr/lib/node_modules/@scope/tool/package.json:  "version": "1.2.3",
== MARK paths
/sys/class/block/sda1/holders/md0
/etc/cron.daily/dpkg
/usr/local/lib/python3.11/dist-packages/requests-2.31.0.dist-info
/var/lib/gems/3.1.0/specifications/net-ssh-7.2.0.gemspec
/var/lib/snapd/snaps/core22_1122.snap
/var/lib/flatpak/app/org.gimp.GIMP
== MARK graphics
/proc/driver/nvidia/version:NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024
/proc/driver/nvidia/gpus/0000:01:00.0/information:Model: \t\t NVIDIA A10
/proc/driver/nvidia/gpus/0000:01:00.0/information:GPU UUID: \t GPU-1234
== MARK volumes
group|vg0|107369988096|21474836480
logical|vg0|root|10737418240|-wi-ao----
physical|/dev/sda2|vg0|107369988096|21474836480
== MARK logins
ada      pts/0        2027-01-15 08:00 (192.0.2.7)
== MARK units
ssh.service loaded active running OpenBSD Secure Shell server
backup.service loaded failed failed Nightly backup
== MARK neighbours
fe80::1 dev eth0 lladdr 52:54:00:00:00:01 router REACHABLE
fd00::9 dev eth0 FAILED
== MARK zone
../usr/share/zoneinfo/Europe/Vienna
== MARK secure-boot
   6   0   0   0   1
== MARK end
`;

it("details are read by the documented formats", () => {
  const read = readDetails(new Probe(output, "MARK"), {});
  const expected: Partial<DetailFacts> = {
    filesystems: {
      "/": { bytes: 4_096_000, availableBytes: 1_433_600, usedPercent: 64, files: 100, freeFiles: 25 },
      "/mnt/a disc": { bytes: 40_960, availableBytes: 0, usedPercent: 100, files: null, freeFiles: null },
    },
    raid: { md0: { level: "raid1", state: "active", members: ["sdb1[1]", "sda1[0](F)"] } },
    volumes: {
      groups: { vg0: { bytes: 107_369_988_096, freeBytes: 21_474_836_480 } },
      logical: { "vg0/root": { bytes: 10_737_418_240, attributes: "-wi-ao----" } },
      physical: { "/dev/sda2": { group: "vg0", bytes: 107_369_988_096, freeBytes: 21_474_836_480 } },
    },
    graphics: {
      driver: "550.54.15",
      devices: { "0000:01:00.0": { model: "NVIDIA A10", uuid: "GPU-1234" } },
    },
    ...{ secureBoot: true, fips: false, timeZone: "Europe/Vienna", nvmeName: null },
    iscsiName: "iqn.1993-08.org.debian:01:abc",
    limits: { "cpu time": { soft: null, hard: null }, "open files": { soft: 1024, hard: 1_048_576 } },
    logins: [{ user: "ada", line: "pts/0", since: "2027-01-15 08:00", from: "192.0.2.7" }],
    failedUnits: ["backup.service"],
    neighbours6: [
      { address: "fe80::1", interface: "eth0", mac: "52:54:00:00:00:01", state: "REACHABLE" },
      { address: "fd00::9", interface: "eth0", mac: null, state: "FAILED" },
    ],
    promiscuous: ["eth0"],
    appArmor: { "/usr/bin/man": "enforce" },
  };
  expect(read).toMatchObject(expected);
  expect(read.devices.sda).toMatchObject({ ids: ["ata-QEMU"], uuid: null });
  expect(read.devices.sda1).toMatchObject({
    ...{ uuid: "0b4c-11", label: "a disk", startBytes: 1_048_576, holders: ["md0"] },
  });
  expect(read.software.map(({ manager, name, version }) => [manager, name, version])).toEqual([
    ["npm", "@scope/tool", "1.2.3"],
    ["pip", "requests", "2.31.0"],
    ["gem", "net-ssh", "7.2.0"],
    ["snap", "core22", "1122"],
    ["flatpak", "org.gimp.GIMP", null],
  ]);
});
