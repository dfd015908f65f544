import { realpathSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { describe, expect, it, jest } from "@jest/globals";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { noopProvider } from "../../../plugins/noop/index.ts";
import { admitGroup, canTellPeers, serveProvider } from "../../../plugins/provider/index.ts";
import { findInode, membersOf, parseStat } from "../../../plugins/provider/peer.ts";
import { expectSuccess, reasonWithoutEngine, withProject } from "../../support/engine.ts";

jest.setTimeout(120_000);

/** Asks a server for its version; resolves with that, or with the status code of its refusal. */
function ask(port: number): Promise<string | number | undefined> {
  const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return new Promise((resolve) => {
    client.getPluginInfo(new emptyMessages.Empty(), (error, info) => {
      client.close();
      resolve(error ? error.code : info?.getVersion());
    });
  });
}

describe("who may use an attached provider", () => {
  it.each([
    ["anybody, when nothing is said", undefined, "0.1.0"],
    ["those who are let in", () => true, "0.1.0"],
    ["nobody who is refused", () => false, grpc.status.PERMISSION_DENIED],
    [
      "nobody when that cannot be told",
      () => Promise.reject(new Error("no /proc")),
      grpc.status.PERMISSION_DENIED,
    ],
  ])("%s", async (_, admit, answer) => {
    const served = await serveProvider(noopProvider, { admit });
    expect(await ask(served.port)).toBe(answer);
    await served.close();
  });

  (canTellPeers && !reasonWithoutEngine() ? it : it.skip)(
    "the CLI that was started and what runs its executable, and no stranger",
    async () => {
      let group: number | undefined;
      const files = {
        "package.json": '{"main":"index.js"}',
        "index.js": `
          const pulumi = require("@pulumi/pulumi");
          new pulumi.CustomResource("noop:index:Resource", "thing", {});`,
      };
      await withProject({ files }, async ({ start, root }) => {
        const executable = realpathSync(join(root, "bin/pulumi"));
        const [open, pinned, wrong] = await Promise.all(
          [undefined, executable, process.execPath].map((path) =>
            serveProvider(noopProvider, { admit: admitGroup({ group: () => group, executable: path }) }),
          ),
        );
        const up = async (port = 0): Promise<string> => {
          const run = start(["up", "--yes", "--skip-preview"], { PULUMI_DEBUG_PROVIDERS: `noop:${port}` });
          group = run.pid;
          expect(await ask(port)).toBe(grpc.status.PERMISSION_DENIED);
          const { output } = await run.done;
          return output;
        };
        expect(await up(open?.port)).toContain("2 created");
        expect(await up(pinned?.port)).toContain("2 unchanged");
        expect(await up(wrong?.port)).toContain("serves another engine");
        for (const served of [open, pinned, wrong]) await served?.close();
        await expectSuccess(start(["stack", "ls"]).done);
      });
    },
  );
});

describe("finding a peer's process", () => {
  it("reads the kernel's table of connections", () => {
    const header =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    const row = (local: string, remote: string, inode: number): string =>
      `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000 20 4 30 10 -1`;
    const table = [
      header,
      row("0100007F:1F90", "0100007F:C350", 1),
      row("0100007F:C350", "0100007F:1F90", 2),
      row("0100007F:C351", "0100007F:1F90", 0),
    ].join("\n");
    expect(findInode(table, 50_000, 8_080)).toBe("2");
    expect(findInode(table, 50_001, 8_080)).toBeUndefined();
    expect(findInode("", 1, 2)).toBeUndefined();
  });

  it("reads a process's parent and group, whatever its name", () => {
    expect(parseStat(7, "7 (a) b (c) S 3 5 5 0 -1")).toEqual({ pid: 7, parent: 3, group: 5 });
    expect(parseStat(7, "")).toBeUndefined();
  });

  it("takes a group, and all that descend from it", () => {
    const all = [
      { pid: 9, parent: 8, group: 9 },
      { pid: 8, parent: 5, group: 8 },
      { pid: 5, parent: 1, group: 5 },
      { pid: 6, parent: 1, group: 5 },
      { pid: 7, parent: 1, group: 7 },
    ];
    expect([...membersOf(5, all)].sort()).toEqual([5, 6, 8, 9]);
  });

  it("is not fooled by a port that nobody is connected from", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const admit = admitGroup({ group: process.pid });
    expect(await admit({ address: "127.0.0.1", port: 1, serverPort: port })).toBe(false);
    server.close();
  });
});
