import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { jobScript } from "../../../host-provisioning/jobs/index.ts";
import { emptyDraft, undoScript } from "../../../host-provisioning/undo/index.ts";
import { until } from "../../support/processes.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { plan, planDraft } from "../undo/planning.ts";

const prepare = readFileSync(new URL("../undo/prepare.sh", import.meta.url), "utf8");
const folder = "/run/roost-jobs/one";

it("a job has a name that is no way to another folder", () => {
  for (const name of ["", "../x", "a b", "x".repeat(65)]) expect(() => jobScript(name, "")).toThrow("name");
});

(reasonWithoutTestHosts() ? describe.skip : describe)("a job on a host", () => {
  let original: TestHost;
  let host: TestHost;
  let script: string;
  let before: string[];
  beforeAll(async () => {
    original = await TestHost.create();
    await original.install("tmux");
    await original.do(prepare);
    ({ script } = await plan(original, { packages: ["tmux"] }));
    before = await original.state();
  }, 240_000);
  afterAll(() => original.close());
  afterEach(() => host.close());

  const begin = async (env: Record<string, string> = {}) => {
    host = await original.copy();
    await host.stay();
    return { ended: host.run(jobScript("one", script), ["apply"], { env }) };
  };
  /** Begins one that waits in the middle of its work. */
  const halfway = async () => {
    const begun = await begin({ WAITS_AT: "executing" });
    await reached("executing");
    return begun;
  };
  const reached = (state: string) =>
    until(
      `the journal says ${state}`,
      async () => (await host.run(`grep -q '${state}' /var/lib/roost/undo/rst_1/journal`)).code === 0,
      60,
    );
  const release = () => host.do("touch /run/go");
  const isBefore = async () => expect(differences(before, await host.state())).toEqual([]);
  const isAfter = async () => {
    expect(await host.do(script, ["apply"])).toBe("state committed\nreason already-so\n");
    expect((await host.run("ls /usr/bin/tmux")).code).toBe(2);
  };

  it("tells how far it is while it runs, and what it printed at its end, again to whoever asks again", async () => {
    const ran = await (await begin()).ended;
    expect([ran.code, ran.stdout.toString()]).toEqual([
      0,
      expect.stringMatching(/^state committed\ntouched \d+\n$/),
    ]);
    expect(ran.stderr).toMatch(
      /^planned\nsnapshotted\nexecuting 1\/1\n {2}purge_packages\n[\s\S]*Removing tmux/,
    );
    expect(await host.run(jobScript("one", script), ["apply"])).toMatchObject(ran);
    expect(await host.do(`ls ${folder}`)).toBe("err\nlines\nlock\nout\npid\nrc\n");
    await isAfter();
  }, 60_000);

  it("keeps a mebibyte of what its steps say, and shows 64 KiB of it", async () => {
    host = await original.copy();
    const functions = "flood() { head -c 3000000 /dev/zero | tr '\\0' x; }";
    const flood = await planDraft(host, { ...emptyDraft, steps: [["flood"]], functions }, { id: "flood" });
    const { code, stderr } = await host.run(jobScript("flood", flood.script), ["apply"]);
    expect([code, stderr.length]).toEqual([0, 65_536]);
    expect(await host.do("stat -c %s /var/lib/roost/undo/flood/log")).toBe("1048576\n");
  }, 60_000);

  it("goes on when who follows it is killed, and is run once whoever comes back to it", async () => {
    const first = await halfway();
    const second = host.run(jobScript("one", script), ["apply"]);
    await host.do("kill -9 $(pgrep -f 'sh -s apply' | head -n 1)");
    await first.ended;
    await release();
    const { code, stdout } = await second;
    expect([code, stdout.toString()]).toEqual([0, expect.stringContaining("state committed")]);
    expect(await host.do("grep -c . /var/lib/roost/undo/rst_1/journal")).toBe("4\n");
    await isAfter();
  }, 60_000);

  it("is ended by an interrupt of who follows it, and puts everything back", async () => {
    const first = await halfway();
    await host.do("kill -INT $(pgrep -f 'sh -s apply' | head -n 1)");
    const { code, stderr } = await first.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining("as it was before")]);
    await isBefore();
    expect(await host.do("tail -n 1 /var/lib/roost/undo/rst_1/journal")).toBe("undone\n");
  }, 60_000);

  it("puts everything back by itself when its script is killed", async () => {
    const first = await halfway();
    await host.do(`kill -s KILL -- -$(cat ${folder}/pid)`);
    expect((await first.ended).code).toBe(70);
    await isBefore();
  }, 60_000);

  it("is put back by who follows it when all of it is killed", async () => {
    const first = await halfway();
    await host.do(`kill -s KILL -- $(pgrep -f ${folder}/runner) -$(cat ${folder}/pid)`);
    expect(await first.ended).toMatchObject({
      code: 70,
      stderr: expect.stringContaining("put back as it was before"),
    });
    await isBefore();
    expect(await host.do(undoScript("rst_1"), ["rollback"])).toContain("already-so");
  }, 60_000);
});
