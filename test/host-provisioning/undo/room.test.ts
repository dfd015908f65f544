import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { plan } from "./planning.ts";

const work = { packages: ["tmux"], deletes: ["/srv/data/file", "/srv/data"] };
const fill = readFileSync(new URL("./fill.sh", import.meta.url), "utf8");
/** The undo store is a file system of its own, as small as is said; what it held is in it. */
const small = (megabytes: number) =>
  `mkdir -p /var/lib/roost/undo\nmount -t tmpfs -o size=${megabytes}m small /var/lib/roost/undo\n`;
const stored = "ls -A /var/lib/roost/undo | grep -vx -e lock -e filler || :";

(reasonWithoutTestHosts() ? describe.skip : describe)("an undo store without room", () => {
  let original: TestHost;
  let before: string[];
  let script: string;
  let host: TestHost;

  beforeAll(async () => {
    original = await TestHost.create();
    await original.install("tmux");
    await original.do(`mkdir -p /var/lib/roost/undo /srv/data; echo kept >/srv/data/file\n${fill}`);
    ({ script } = await plan(original, work));
    before = await original.state();
  }, 240_000);
  afterAll(() => original.close());
  afterEach(() => host.close());

  it("is seen before anything is touched: refused, nothing there and nothing changed", async () => {
    host = await original.copy();
    const refused = await host.run(`${small(20)}(${script})\ncode=$?\n${stored}\nexit $code`, ["apply"]);
    expect([refused.code, refused.stdout.toString()]).toEqual([74, ""]);
    expect(refused.stderr).toMatch(/The undo store needs \d+ bytes and has \d+\./);
    expect(differences(before, await host.state())).toEqual([]);
  }, 60_000);

  it("that fills up in the middle leaves nothing, at each moment before the record is whole, and the change can be made later", async () => {
    host = await original.copy();
    for (const moment of ["1", "2", "tar"]) {
      const run = `(FILLS_AT=${moment}; export FILLS_AT\n${script})\ncode=$?\n${stored}\nexit $code`;
      const failed = await host.run(`rm -f /run/calls\n${small(200)}${run}`, ["apply"]);
      expect([moment, failed.stdout.toString()]).toEqual([moment, ""]);
      expect(failed.code).not.toBe(0);
    }
    expect(differences(before, await host.state())).toEqual([]);
    expect(await host.do(script, ["apply"])).toMatch(/^state committed\n/);
    await host.do(undoScript("rst_1"), ["rollback"]);
    expect(differences(before, await host.state())).toEqual([]);
  }, 120_000);
});
