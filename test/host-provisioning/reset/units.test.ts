import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { undoScript } from "../../../host-provisioning/undo/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { plan } from "../undo/planning.ts";

(reasonWithoutTestHosts() ? describe.skip : describe)("a reset of a service that runs", () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("redis-server");
    await host.boot();
  }, 240_000);
  afterAll(() => host.close());

  it("keeps what the service wrote at its end, and starts it again on the way back", async () => {
    await host.do("redis-cli set answer 42");
    // Nothing but what it is to change, although the host has no rule of its own that keeps services from starting.
    expect((await plan(host, { empties: ["/var/log/dpkg.log"] })).rehearsal.changes).toEqual([
      expect.objectContaining({ kind: "changed", path: "/var/log/dpkg.log" }),
    ]);
    const work = { packages: ["redis-server", "redis-tools"], units: ["redis-server.service"] };
    const { script } = await plan(host, work, { confirmSeconds: 600 });
    expect(await host.do("systemctl is-active redis-server")).toBe("active\n");
    await host.do(script, ["apply"]);
    const active = await host.run("systemctl is-active redis-server; ls /usr/bin/redis-server");
    expect(active.stdout.toString()).toBe("inactive\n");
    // It would go back by itself: nobody has confirmed it yet.
    expect(await host.do("systemctl is-active roost-undo-rst_1.timer")).toBe("active\n");
    expect(await host.do(script, ["confirm"])).toBe("state confirmed\n");
    await host.do(undoScript("rst_1"), ["rollback"]);
    expect(await host.do("systemctl is-active redis-server")).toBe("active\n");
    await host.do("until redis-cli ping >/dev/null 2>&1; do :; done");
    expect(await host.do("redis-cli get answer")).toBe("42\n");
  }, 240_000);
});
