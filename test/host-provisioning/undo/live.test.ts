import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Draft, emptyDraft, undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "./planning.ts";

const path = "/proc/sys/net/ipv4/tcp_rmem";

(reasonWithoutTestHosts() ? describe.skip : describe)("values of a running kernel", () => {
  let host: TestHost;
  let before: string;
  const value = async () => (await host.do(`cat ${path}`)).trim().replaceAll(/\s+/g, " ");
  const set = (wanted: string, found: string): Draft => ({
    ...emptyDraft,
    live: [{ path, before: found }],
    steps: [
      ["write_file", "/etc/sysctl.d", "60-roost.conf", "0644", `net.ipv4.tcp_rmem = ${wanted}\n`],
      ["set_live", path, wanted],
    ],
    goals: [["goal_live", path, "atLeast", wanted]],
  });

  beforeAll(async () => {
    host = await TestHost.create();
    await host.boot();
    before = await value();
  }, 240_000);
  afterAll(() => host.close());

  it("are set, judged and put back with the files, and left alone by the rehearsal", async () => {
    const files = await host.state();
    const { rehearsal, script } = await planDraft(host, set("4096 131072 67108864", before), { id: "one" });
    expect(rehearsal.changes).toContainEqual(
      expect.objectContaining({ kind: "created", path: "/etc/sysctl.d/60-roost.conf" }),
    );
    expect(await value()).toBe(before);
    await host.do(script, ["apply"]);
    expect(await value()).toBe("4096 131072 67108864");
    expect(await host.do("cat /etc/sysctl.d/60-roost.conf")).toBe(
      "net.ipv4.tcp_rmem = 4096 131072 67108864\n",
    );
    expect(await host.do(script, ["verify"])).toBe("holds yes\nstate committed\n");
    await host.do(undoScript("one"), ["rollback"]);
    expect(await value()).toBe(before);
    expect(await host.do(script, ["verify"])).toBe("holds no\nstate undone\n");
    const changed = differences(files, await host.state());
    expect(changed.filter((line) => !/ \.\/(var\/log|etc) /.test(line) && !/journal/.test(line))).toEqual([]);
  }, 60_000);

  it("that somebody set since stay until told, and are kept when told", async () => {
    const { script } = await planDraft(host, set("4096 131072 67108864", before), { id: "two" });
    await host.do(script, ["apply"]);
    await host.do(`echo 4096 131072 8388608 >${path}`);
    expect(await host.do(script, ["verify"])).toBe("holds no\nstate committed\n");
    const stopped = await host.run(undoScript("two"), ["rollback"]);
    expect([stopped.code, stopped.stdout.toString()]).toEqual([
      76,
      expect.stringContaining(`changed ${path}\n`),
    ]);
    await host.do(undoScript("two"), ["rollback", "keep"]);
    expect(await value()).toBe("4096 131072 8388608");
    expect((await host.run("cat /etc/sysctl.d/60-roost.conf")).code).toBe(1);
  }, 60_000);

  it("that are no longer as planned, or that the kernel does not take, leave everything as it was", async () => {
    const now = await value();
    const planned = await planDraft(host, set("4096 131072 67108864", before), { id: "three" });
    expect(await host.run(planned.script, ["apply"])).toMatchObject({
      code: 75,
      stderr: expect.stringContaining("nothing was changed"),
    });
    const impossible = await planDraft(host, set("4096 no number", now), { id: "four" });
    expect(await host.run(impossible.script, ["apply"])).toMatchObject({ code: 71 });
    expect(await value()).toBe(now);
    expect((await host.run("cat /etc/sysctl.d/60-roost.conf")).code).toBe(1);
  }, 60_000);
});
