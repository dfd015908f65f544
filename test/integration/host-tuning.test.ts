import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { AppliedConfig } from "../../automation-api/config-templates/contract.ts";
import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import type { Optimized } from "../../automation-api/tuning/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../support/database.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();

(isPossible ? describe : describe.skip)("tuning over HTTP", () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let client: Client;
  const hosts: TestHost[] = [];

  beforeAll(async () => {
    database = await testDatabase();
    cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection) });
    await cluster.add("server");
    client = new Client(() => cluster.url, await cluster.token());
  });

  afterAll(async () => {
    await cluster?.close();
    await database?.close();
    for (const host of hosts) await host.close();
  });

  const add = async (name: string, host: TestHost) => {
    const { port, hostKey, privateKey } = await host.startSshd();
    const key = { name, kind: "ssh", privateKey };
    const { id: credential } = await client.call<{ id: string }>("POST", "/api/v1/credentials", key);
    const place = { address: "127.0.0.1", port, user: "root", hostKey, credential };
    await client.call("POST", "/api/v1/hosts", { name, ...place });
  };
  const newHost = async () => {
    const host = await TestHost.create();
    hosts.push(host);
    return host;
  };
  const show = (id: string) => client.call<HostAction>("GET", `/api/v1/host-actions/${id}`);
  const ended = async ({ id }: { id: string }, of: "deployment" | "undo" = "deployment") => {
    await client.ended((await show(id))[of]?.id ?? "", 120_000);
    return show(id);
  };
  const rollback = async ({ id }: { id: string }) => {
    await client.call("POST", `/api/v1/host-actions/${id}/rollback`, {});
    return ended({ id }, "undo");
  };

  describe("of PostgreSQL", () => {
    let host: TestHost;
    const etc = async () => (await host.state()).filter((line) => line.startsWith("./etc/"));
    const ask = (setting: string) =>
      host.do(`runuser -u postgres -- psql -XAtc 'SHOW ${setting}' 2>&1`).then((text) => text.trim());
    const apply = (parameters: object) =>
      client.call<AppliedConfig>("POST", "/api/v1/config/apply", {
        host: "db",
        template: "postgresql",
        parameters,
      });

    beforeAll(async () => {
      host = await newHost();
      await host.install("postgresql");
      await host.boot();
      await add("db", host);
    });

    it("is taken up by the server, verified, and taken back to the byte", async () => {
      const before = await etc();
      const old = await ask("max_connections");
      const queued = await apply({ workload: "desktop" });
      expect(queued.detail.files).toEqual([
        expect.objectContaining({ diff: expect.stringContaining("\n+max_connections = 20\n") }),
      ]);
      const done = await ended(queued);
      expect([done.state, done.deployment?.error]).toEqual(["applied", null]);
      expect([await ask("max_connections"), old]).toEqual(["20", "100"]);
      const verified = await client.call("POST", `/api/v1/host-actions/${queued.id}/verify`, {});
      expect(verified).toMatchObject({ holds: true });
      expect((await rollback(queued)).state).toBe("undone");
      expect(differences(before, await etc())).toEqual([]);
      expect(await ask("max_connections")).toBe(old);
    });

    it("goes back by itself when the server starts and lets nobody in", async () => {
      const [table] = (await host.do("ls /etc/postgresql/*/main/pg_hba.conf")).split("\n");
      // Read at the next start, which is the one that the new configuration asks for.
      await host.do(`cp -a ${table} /root/; sed -i '1i local all all reject' ${table}`);
      const before = await etc();
      const failed = await ended(await apply({ workload: "desktop" }));
      expect([failed.state, failed.deployment?.error]).toEqual([
        "failed",
        expect.stringContaining("pg_hba.conf"),
      ]);
      expect(differences(before, await etc())).toEqual([]);
      await host.do(`cp -a /root/pg_hba.conf ${table}; systemctl restart postgresql`);
      expect(await ask("max_connections")).toBe("100");
    });

    it("that its own program refuses touches nothing", async () => {
      const [folder] = (await host.do("ls -d /etc/postgresql/*/main/conf.d")).split("\n");
      await host.do(`echo 'no_such_setting = 1' >${folder}/10-mine.conf`);
      const before = await etc();
      const body = { host: "db", template: "postgresql" };
      const refused = await client.fetch("POST", "/api/v1/config/apply", body);
      expect([refused.status, await refused.text()]).toEqual([
        422,
        expect.stringContaining("no_such_setting"),
      ]);
      expect(differences(before, await etc())).toEqual([]);
      await host.do(`rm ${folder}/10-mine.conf`);
    });
  });

  describe("of a real file system", () => {
    let host: TestHost;
    const options = async () => (await host.do("findmnt -n -o OPTIONS /srv/data")).trim().split(",");
    const timers = () => host.do("cd /etc/systemd/system && find . -name fstrim.timer -printf '%p %l\\n'");
    /** What the file behind the device takes, in 512 bytes. */
    const blocks = async () => Number(await host.do("sync; stat -c %b /srv/image"));
    const table = () => host.do("sha256sum /etc/fstab; stat -c '%y %a %u' /etc/fstab; cat /etc/fstab");

    beforeAll(async () => {
      host = await newHost();
      await add("disk", host);
      // One that mount makes is let go with the last mount of it, so with this host, however it ends.
      await host.do(`set -e
        truncate -s 16M /srv/image; mkfs.ext4 -q /srv/image; mkdir /srv/data
        mount -o loop /srv/image /srv/data
        systemctl disable --quiet fstrim.timer
        # What the kernel says of this one device, and of none of the machine's own.
        device=$(findmnt -n -o SOURCE /srv/data); device=\${device#/dev/}
        mount -t sysfs sysfs /mnt; mkdir -p "/sys/class/block/$device"
        mount --bind "/mnt/class/block/$device/" "/sys/class/block/$device"; umount /mnt
        printf '%s /srv/data ext4 defaults 0 2 # mine\\n' "$(findmnt -n -o SOURCE /srv/data)" >/etc/fstab`);
    });

    it("mounts it with the judged options and trims it, now and at the next start, and back", async () => {
      const before = [await table(), await options(), await timers()] as const;
      expect(before[1]).toContain("relatime");
      expect(before[2]).toBe("");
      await host.do("cd /srv/data; echo kept >kept; head -c 6M /dev/urandom >big; sync; rm big");
      const full = await blocks();
      const body = { host: "disk", mounts: true };
      const queued = await client.call<Optimized>("POST", "/api/v1/optimize/disk", body);
      expect(queued.detail.mounts).toMatchObject([
        { mount: "/srv/data", wish: "noatime", verdict: "applied", add: ["noatime"] },
        {
          wish: "trim",
          verdict: "applied",
          unit: "fstrim.timer",
          reason: expect.stringContaining("discards"),
        },
      ]);
      const done = await ended(queued);
      expect([done.state, done.deployment?.error]).toEqual(["applied", null]);
      expect(await options()).toContain("noatime");
      expect(await host.do("cat /etc/fstab")).toMatch(
        /^\/dev\/loop\d+ \/srv\/data ext4 defaults,noatime 0 2 # mine\n$/,
      );
      expect(await timers()).toMatch(/^\.\/timers\.target\.wants\/fstrim\.timer \S+\n$/);
      const trimmed = await blocks();
      expect(full - trimmed).toBeGreaterThan((5 * 1024 * 1024) / 512);
      expect((await rollback(queued)).state).toBe("undone");
      expect([await table(), await options(), await timers()]).toEqual(before);
      // What held nothing still does; what held something is there.
      expect([await blocks(), await host.do("cat /srv/data/kept")]).toEqual([trimmed, "kept\n"]);
    });

    /** In a copy of the kernel's values that lies over them: nothing of this machine is set. */
    it.each(["kernel", "network", "auto"])(
      "%s: sets what is right, reads it back, and goes back to the letter",
      async (area) => {
        await host.do(`set -e
          if grep -q ' /proc/sys ' /proc/self/mountinfo; then exit 0; fi
          mkdir /run/values; cp -r --no-preserve=all /proc/sys/. /run/values 2>/dev/null || :
          echo 1000 >/run/values/fs/file-max
          echo cubic >/run/values/net/ipv4/tcp_congestion_control
          echo 'reno cubic bbr' >/run/values/net/ipv4/tcp_available_congestion_control
          mount --bind /run/values /proc/sys; grep -q ' /proc/sys ' /proc/self/mountinfo`);
        const body = { host: "disk", profile: "server_production", confirmSeconds: 0 };
        const queued = await client.call<Optimized>("POST", `/api/v1/optimize/${area}`, body);
        const { writes } = queued.detail;
        expect(writes.map(({ path }) => path)).toContain(
          area === "network" ? "/proc/sys/net/ipv4/tcp_congestion_control" : "/proc/sys/fs/file-max",
        );
        const values = async () => {
          const found = await host.do(`cat ${writes.map(({ path }) => path).join(" ")}`);
          return found
            .trim()
            .split("\n")
            .map((line) => line.replaceAll(/\s+/g, " "));
        };
        const done = await ended(queued);
        expect([done.state, done.deployment?.error]).toEqual(["applied", null]);
        expect(await values()).toEqual(writes.map(({ value }) => value));
        const verified = await client.call("POST", `/api/v1/host-actions/${queued.id}/verify`, {});
        expect(verified).toMatchObject({ holds: true });
        expect((await rollback(queued)).state).toBe("undone");
        expect(await values()).toEqual(writes.map((write) => write.before.replaceAll(/\s+/g, " ")));
        expect((await host.run("ls /etc/sysctl.d/60-roost.conf")).code).not.toBe(0);
      },
    );
  });
});
