import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { draftMounts, type MountJudgement } from "../../../host-provisioning/optimize/index.ts";
import { emptyDraft, undoScript } from "../../../host-provisioning/undo/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "../undo/planning.ts";

const judged = (fields: Partial<MountJudgement>): MountJudgement => ({
  ...{ mount: "/srv/my data", wish: "noatime", verdict: "applied", add: [], remove: [], unit: null },
  ...{ reason: "Because.", source: "https://example.com/" },
  ...fields,
});
const table = "# mine\ntmpfs\t/srv/my\\040data  tmpfs  size=1m,relatime 0 0 # kept\n";
const mounts = {
  "/srv/my data": { device: "tmpfs", type: "tmpfs", options: ["rw", "relatime", "size=1024k"] },
} as unknown as Parameters<typeof draftMounts>[1];
const noatime = judged({ add: ["noatime"], remove: ["relatime"] });

describe("the draft of mount options", () => {
  it("is empty where nothing changes", () => {
    expect(draftMounts([judged({})], mounts, table)).toEqual(emptyDraft);
  });

  it("tells what is mounted the opposite of what is taken away, and the way back what there was", () => {
    const found = draftMounts(
      [noatime, judged({ wish: "trim", remove: ["discard"], unit: "fstrim.timer" })],
      { "/srv/my data": { ...mounts["/srv/my data"], options: ["rw", "discard"] } } as typeof mounts,
      table.replace("relatime", "discard"),
    );
    expect(found.steps.slice(1)).toEqual([
      ["remount", "/srv/my data", "noatime,nodiscard"],
      ["enable_unit", "fstrim.timer"],
      ["trim", "/srv/my data"],
    ]);
    expect(found.refresh).toEqual([
      { how: "remount", unit: "/srv/my data strictatime,discard" },
      { how: "stop", unit: "fstrim.timer" },
    ]);
  });
});

(reasonWithoutTestHosts() ? describe.skip : describe)("mount options and trim on a host", () => {
  let host: TestHost;
  const options = () => host.do("findmnt -n -o OPTIONS --mountpoint '/srv/my data'");
  const timer = async () =>
    (await host.run("systemctl is-enabled fstrim.timer; systemctl is-active fstrim.timer")).stdout.toString();

  beforeAll(async () => {
    host = await TestHost.create();
    await host.boot();
    await host.do(`mkdir '/srv/my data'; printf '%s' '${table}' >/etc/fstab; mount '/srv/my data'`);
    // The package leaves it alone in containers.
    await host.do(
      "mkdir -p /etc/systemd/system/fstrim.timer.d; systemctl disable --quiet --now fstrim.timer\n" +
        "printf '[Unit]\\nConditionVirtualization=\\n' >/etc/systemd/system/fstrim.timer.d/test.conf; systemctl daemon-reload",
    );
  }, 240_000);
  afterAll(() => host.close());

  it("are written to the table and remounted, read back, and go back to the byte", async () => {
    const before = [
      await host.do("sha256sum /etc/fstab; stat -c '%y %a' /etc/fstab"),
      await options(),
      await timer(),
    ];
    expect(before[1]).toContain("relatime");
    expect(before[2]).toBe("disabled\ninactive\n");
    const judgements = [noatime, judged({ wish: "trim", unit: "fstrim.timer" })];
    const { script, rehearsal } = await planDraft(host, draftMounts(judgements, mounts, table), {
      id: "mount",
    });
    expect(rehearsal.changes.map(({ path }) => path)).toContain("/etc/fstab");
    expect([await options(), await timer()]).toEqual(before.slice(1));
    await host.do(script, ["apply"]);
    expect(await options()).toContain("noatime");
    expect(await host.do("cat /etc/fstab")).toBe(
      "# mine\ntmpfs\t/srv/my\\040data  tmpfs  size=1m,noatime 0 0 # kept\n",
    );
    expect(await timer()).toBe("enabled\nactive\n");
    expect(await host.do(script, ["verify"])).toMatch(/^holds yes\n/);
    // With the device named too, the table is not asked.
    await host.do("mount -o remount,relatime tmpfs '/srv/my data'");
    const drifted = await host.run(script, ["verify"]);
    expect([drifted.stdout.toString(), drifted.stderr]).toEqual([
      expect.stringMatching(/^holds no\n/),
      expect.stringContaining("noatime is not in force"),
    ]);
    await host.do("mount -o remount,noatime '/srv/my data'");
    await host.do(undoScript("mount"), ["rollback"]);
    expect([
      await host.do("sha256sum /etc/fstab; stat -c '%y %a' /etc/fstab"),
      await options(),
      await timer(),
    ]).toEqual(before);
  }, 200_000);

  it("are refused when the table would have a fault, and when a mount does not take them", async () => {
    const before = await host.do("sha256sum /etc/fstab");
    const faulty = draftMounts(
      [noatime],
      mounts,
      `${table}/no/such/device /no/such/folder ext4 defaults 0 0\n`,
    );
    await expect(planDraft(host, faulty, { id: "faulty" })).rejects.toThrow("/no/such/folder");
    const impossible = judged({ add: ["no_such_option"] });
    const { script } = await planDraft(host, draftMounts([impossible], mounts, table), { id: "never" });
    expect(await host.run(script, ["apply"])).toMatchObject({ code: 71 });
    expect(await host.do("sha256sum /etc/fstab")).toBe(before);
    expect(await options()).toContain("relatime");
  }, 200_000);
});
