import { afterEach, describe, expect, it } from "@jest/globals";
import { freedBytes, undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { plan } from "../undo/planning.ts";

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

      const used = () =>
        host.do(
          "find / -xdev -path /var/lib/roost -prune -o -type f -printf '%b %i %n\\n' -o -type l -printf '%b %i %n\\n'",
        );
      const usedBefore = bytesOf(await used());
      await host.do(script, ["apply"]);
      const after = await host.state();
      const predicted = rehearsal.changes.map(({ path }) => path);
      expect(predicted.sort()).toEqual(changedPaths(before, after));
      const freed = usedBefore - bytesOf(await used());
      const { allocatedBytes } = freedBytes(rehearsal.changes.filter(({ type }) => type !== "d"));
      expect(Math.abs(allocatedBytes - freed) / freed).toBeLessThan(0.01);

      await host.do(undoScript("rst_1"), ["rollback"]);
      expect(differences(before, await host.state())).toEqual([]);
    },
    240_000,
  );
});

/** The root of the tree holds nothing that a reset changes; its own time is not its content's. */
function changedPaths(before: string[], after: string[]): string[] {
  const lines = differences(before, after).flatMap(
    (line) => /^[-+] \.(\/.*?) (regular|directory|symbolic|holds) /.exec(line)?.[1] ?? [],
  );
  return [...new Set(lines)].sort();
}

function bytesOf(text: string): number {
  const files = new Map(
    text
      .trim()
      .split("\n")
      .map((line) => [line.split(" ")[1], Number(line.split(" ")[0]) * 512]),
  );
  return [...files.values()].reduce((sum, each) => sum + each, 0);
}
