import { describe, expect, it } from "@jest/globals";
import type { Facts } from "../../../host-provisioning/facts/index.ts";
import { editFstab, judgeMounts, type Survey } from "../../../host-provisioning/optimize/index.ts";
import { bareHost, containerHost } from "./three-hosts.ts";

const table = [
  "# /etc/fstab",
  "UUID=1 /          ext4 defaults,errors=remount-ro 0 1",
  "UUID=2 /srv/my\\040data xfs discard,relatime 0 2",
  "UUID=3 /old ext4 nobarrier 0 2",
  "/dev/mapper/secret /secret ext4 defaults 0 2",
  "tmpfs /tmp tmpfs defaults 0 0",
  "",
].join("\n");
const timer = ["/usr/lib/systemd/system/fstrim.timer"];
const enabled = "/etc/systemd/system/timers.target.wants/fstrim.timer";
const survey = (present: string[] = timer): Survey => ({
  values: new Map(),
  files: new Map([["/etc/fstab", table]]),
  modules: new Set(),
  present: new Set(present),
});
function host(): Facts {
  const facts = bareHost();
  const mount = (device: string, type: string, ...options: string[]) => ({ device, type, options });
  facts.system.mounts = {
    "/": mount("/dev/nvme0n1p2", "ext4", "rw", "relatime"),
    "/srv/my data": mount("/dev/sda1", "xfs", "rw", "relatime", "discard"),
    "/old": mount("/dev/sdb1", "ext4", "rw", "noatime", "nobarrier"),
    "/secret": mount("/dev/mapper/secret", "ext4", "rw", "relatime"),
    "/tmp": mount("tmpfs", "tmpfs", "rw"),
    "/mnt/by-hand": mount("/dev/sda2", "ext4", "rw"),
  };
  for (const [name, disk] of Object.entries(facts.hardware.disks)) disk.discards = name !== "sdb";
  return facts;
}
const lines = (facts: Facts, found = survey()) =>
  judgeMounts(facts, found).map(({ mount, wish, verdict, add, remove, unit }) =>
    [mount, wish, verdict, ...add.map((o) => `+${o}`), ...remove.map((o) => `-${o}`), unit ?? ""]
      .join(" ")
      .trim(),
  );

describe("mount options and trim", () => {
  it("are judged for each filesystem of the table, by the disk below", () => {
    expect(lines(host())).toEqual([
      "/ noatime applied +noatime -relatime",
      "/ trim applied fstrim.timer",
      "/srv/my data noatime applied +noatime -relatime",
      "/srv/my data trim replaced -discard fstrim.timer",
      "/old noatime applied",
      "/old trim refused",
      "/old barrier replaced -nobarrier",
      "/secret noatime applied +noatime -relatime",
      "/secret trim refused",
    ]);
    for (const { reason, source } of judgeMounts(host(), survey())) {
      expect(reason).toMatch(/\.$/);
      expect(source).toMatch(/^https:/);
    }
  });

  it("know what is there already, and who needs access times", () => {
    expect(lines(host(), survey([...timer, enabled]))).toContain("/ trim applied");
    expect(lines(host(), survey([]))).toContain("/ trim refused");
    const others = host();
    others.system.mounts["/"] = { device: "/dev/nvme0n1p2", type: "ext4", options: ["ro"] };
    const disk = { ...others.hardware.disks.sda, removable: true, discards: true };
    others.hardware.disks = { ...others.hardware.disks, loop0: disk as never };
    others.system.mounts["/old"] = { device: "/dev/loop0", type: "ext4", options: ["rw"] };
    expect(lines(others)).toEqual(
      expect.arrayContaining(["/ trim refused", "/old trim applied fstrim.timer"]),
    );
    const facts = host();
    const some = { version: "1", architecture: "all", installed: true, source: "mutt", section: null };
    facts.software.packages = { mutt: { ...some, name: "mutt" } as never };
    expect(lines(facts)).toContain("/ noatime refused");
  });

  it("are none of a container's business", () => {
    expect(judgeMounts(containerHost(), survey())).toEqual([]);
  });

  it("change the table's options and no other byte", () => {
    const changed = editFstab(table, judgeMounts(host(), survey())) as string;
    expect(changed.split("\n")).toEqual([
      "# /etc/fstab",
      "UUID=1 /          ext4 defaults,errors=remount-ro,noatime 0 1",
      "UUID=2 /srv/my\\040data xfs noatime 0 2",
      "UUID=3 /old ext4 defaults 0 2",
      "/dev/mapper/secret /secret ext4 defaults,noatime 0 2",
      "tmpfs /tmp tmpfs defaults 0 0",
      "",
    ]);
    expect(editFstab(table, [])).toBeUndefined();
    expect(editFstab(changed, judgeMounts(host(), survey()))).toBeUndefined();
  });
});
