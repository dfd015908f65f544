import { afterEach, describe, expect, it } from "@jest/globals";
import { freedBytes, undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { plan } from "../undo/planning.ts";
import { changedPaths } from "./changed-paths.ts";
import { allocatedBytes } from "./lived-in.ts";

/** Asked for, and what came with them. */
const sets = [
  ["nginx-light", "nginx", "nginx-common", "libnginx-mod-http-echo"],
  ["redis-server", "redis-tools", "zsh", "zsh-common"],
  ["git", "git-man", "cron", "cron-daemon-common"],
];

(reasonWithoutTestHosts() ? describe.skip : describe)("a reset of packages", () => {
  let host: TestHost;
  afterEach(() => host.close());

  it.each(sets)(
    "changes what its rehearsal says, and goes back: %s …",
    async (...packages) => {
      host = await TestHost.create();
      await host.install(...packages);
      const before = await host.state();
      const { rehearsal, script } = await plan(host, { packages });
      expect(differences(before, await host.state())).toEqual([]);

      const used = await allocatedBytes(host);
      await host.do(script, ["apply"]);
      const after = await host.state();
      const predicted = rehearsal.changes.map(({ path }) => path);
      expect(predicted.sort()).toEqual(changedPaths(before, after));
      const freed = used - (await allocatedBytes(host));
      const told = freedBytes(rehearsal.changes.filter(({ type }) => type !== "d"));
      expect(Math.abs(told.allocatedBytes - freed) / freed).toBeLessThan(0.01);

      await host.do(undoScript("rst_1"), ["rollback"]);
      expect(differences(before, await host.state())).toEqual([]);
    },
    240_000,
  );
});
