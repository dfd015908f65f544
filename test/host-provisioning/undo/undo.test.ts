import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { emptyDraft, undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { plan, planDraft } from "./planning.ts";

const work = { packages: ["tmux"], deletes: ["/srv/data/old file\n'$(touch ran)'", "/srv/data"] };
const prepare = readFileSync(new URL("./prepare.sh", import.meta.url), "utf8");

(reasonWithoutTestHosts() ? describe.skip : describe)("an undo record", () => {
  let original: TestHost;
  let before: string[];
  let host: TestHost;
  let script: string;
  const undo = undoScript("rst_1");

  beforeAll(async () => {
    original = await TestHost.create();
    await original.install("tmux");
    await original.do(prepare);
    ({ script } = await plan(original, work));
    before = await original.state();
  }, 240_000);
  afterAll(() => original.close());
  afterEach(() => host.close());

  const changedFrom = async (state: string[]) => differences(state, await host.state());

  it("leaves a host as it was, and is no record twice", async () => {
    host = await original.copy();
    expect(await host.do(script, ["apply"])).toMatch(/^state committed\ntouched \d+\n$/);
    expect(await changedFrom(before)).toContain(
      `- ${before.find((line) => line.startsWith("./usr/bin/tmux"))}`,
    );
    expect(await host.do(script, ["apply"])).toBe("state committed\nreason already-so\n");
    expect(await host.do(undo, ["rollback"])).toMatch(/^restored \d+\nstate undone\n$/);
    expect(await changedFrom(before)).toEqual([]);
    expect(await host.do(undo, ["rollback"])).toBe("state undone\nreason already-so\n");
    expect(await host.do("ls /var/lib/roost/undo/rst_1 | grep tar")).toBe("tar.log\n");
    expect(await host.run(script, ["apply"])).toMatchObject({ code: 75 });
    expect(await changedFrom(before)).toEqual([]);
  }, 60_000);

  it("makes the host exactly as before or as after when its script is killed at any state", async () => {
    host = await original.copy();
    await host.do(script, ["apply"]);
    const after = (await host.state()).filter(notOfTime);
    await host.close();
    const ends: string[] = [];
    for (let at = 1; ends.at(-1) !== "whole"; at++) {
      host = await original.copy();
      const killed = await host.run(script, ["apply"], { env: { DIES_AT: String(at) } });
      if (killed.code === 0) ends.push("whole");
      else {
        // Whoever asks next finds the record, and ends what was begun.
        const next = await host.run(script, ["apply"]);
        const state = (await host.state()).filter(notOfTime);
        const isBefore = differences(before.filter(notOfTime), state).length === 0;
        const isAfter = differences(after, state).length === 0;
        ends.push(isBefore ? `before, ${next.code}` : isAfter ? `after, ${next.code}` : "between");
        if (isBefore) expect(await changedFrom(before)).toEqual([]);
      }
      if (ends.at(-1) !== "whole") await host.close();
    }
    expect(ends.length).toBeGreaterThan(7);
    expect(ends.filter((end) => !/^(before, (70|0)|after, 0|whole)$/.test(end))).toEqual([]);
  }, 200_000);

  it("is gone back to when the way back is killed too", async () => {
    const applied = await original.copy();
    await applied.do(script, ["apply"]);
    for (let at = 1, isWhole = false; !isWhole; at++) {
      host = await applied.copy();
      const killed = await host.run(undo, ["rollback"], { env: { DIES_AT: String(at) } });
      isWhole = killed.code === 0;
      if (!isWhole) await host.do(undo, ["rollback"]);
      expect(await changedFrom(before)).toEqual([]);
      if (!isWhole) await host.close();
    }
    await applied.close();
  }, 100_000);

  it("refuses a host that is another than the planned one, and one without room; nothing is done", async () => {
    host = await original.copy();
    await host.do("chmod 700 /usr/bin/tmux");
    const moved = await host.state();
    expect(await host.run(script, ["apply"])).toMatchObject({ code: 75 });
    expect(await changedFrom(moved)).toEqual([]);
    await host.do("chmod 755 /usr/bin/tmux; mkdir -p /var/lib/roost/undo");
    const full = `mount -t tmpfs -o size=300k small /var/lib/roost/undo\n${script}`;
    const refused = await host.run(full, ["apply"]);
    expect([refused.code, refused.stderr]).toEqual([74, expect.stringContaining("The undo store needs")]);
    const state = await host.state();
    expect(differences(moved, state).filter((line) => !line.includes("/usr/bin/tmux"))).toEqual([]);
  }, 60_000);

  it("names what people changed since, and keeps or replaces it only when told", async () => {
    host = await original.copy();
    await host.do(script, ["apply"]);
    await host.do(
      "mkdir -p /srv/data; echo mine >/srv/data/mine; mkdir -p /usr/share/doc/tmux; echo new >/usr/bin/tmux",
    );
    const mine = await host.state();
    const stopped = await host.run(undo, ["rollback"]);
    expect(stopped.code).toBe(76);
    expect(stopped.stdout.toString()).toContain("\nchanged /usr/bin/tmux\n");
    expect(await changedFrom(mine)).toEqual([]);
    const other = await host.copy();
    await other.do(undo, ["rollback", "keep"]);
    expect(await other.do("cat /usr/bin/tmux /srv/data/mine; ls /usr/share/doc/tmux/copyright")).toBe(
      "new\nmine\n/usr/share/doc/tmux/copyright\n",
    );
    await other.close();
    await host.do(undo, ["rollback", "replace"]);
    expect(await host.do("tar -xOf /var/lib/roost/undo/rst_1/saved.tar ./usr/bin/tmux")).toBe("new\n");
    expect(await host.do("cat /srv/data/mine")).toBe("mine\n");
    await host.do("rm /srv/data/mine; touch -d '@0' /srv/data");
    expect((await changedFrom(before)).filter((line) => !/^[-+] \.\/srv\/data /.test(line))).toEqual([]);
  }, 60_000);

  it("lists what came since into folders that it made, and takes it away only when told", async () => {
    const draft = {
      ...emptyDraft,
      steps: [["write_file", "/opt/made/for", "it", "0644", "text\n"]] as const,
    };
    const made = (await planDraft(original, { ...draft, steps: [...draft.steps] }, { id: "made" })).script;
    const way = undoScript("made");
    for (const onChange of ["keep", "replace"]) {
      host = await original.copy();
      await host.do(made, ["apply"]);
      await host.do("echo mine >/opt/made/mine; mkdir /opt/made/empty");
      const stopped = await host.run(way, ["rollback"]);
      expect([stopped.code, stopped.stdout.toString()]).toEqual([
        76,
        expect.stringContaining("\nchanged /opt/made/mine\n"),
      ]);
      await host.do(way, ["rollback", onChange]);
      if (onChange === "keep") expect(await host.do("cd /opt/made; find . -type f")).toBe("./mine\n");
      else {
        expect(await host.do("tar -xOf /var/lib/roost/undo/made/saved.tar ./opt/made/mine")).toBe("mine\n");
        expect(await changedFrom(before)).toEqual([]);
      }
      if (onChange === "keep") await host.close();
    }
  }, 60_000);

  it("leaves packages and accounts that came since as they are, whichever way it goes back", async () => {
    const applied = await original.copy();
    await applied.do("useradd --create-home ann");
    const users = [{ name: "ann", home: "/home/ann" }];
    const gone = await plan(applied, { packages: ["tmux", "libutempter0"], users });
    await applied.do(gone.script, ["apply"]);
    await applied.install("liblzf1");
    await applied.do("useradd --create-home --uid 2000 new");
    for (const onChange of ["keep", "replace"]) {
      host = await applied.copy();
      const stopped = await host.run(undo, ["rollback"]);
      const told = stopped.stdout.toString();
      expect([stopped.code, told]).toEqual([76, expect.stringContaining("\nchanged /etc/passwd: new\n")]);
      expect(told).toContain("\nchanged /var/lib/dpkg/status: liblzf1\n");
      expect(told).not.toMatch(/lock|-old|ld\.so/i);
      await host.do(undo, ["rollback", onChange]);
      expect(await host.do(`dpkg --audit; dpkg -V liblzf1 tmux libutempter0; ${installed}`)).toBe(
        "liblzf1\nlibutempter0\ntmux\n",
      );
      expect(await host.do("id -un new; id -un ann; ls /home; getent shadow new ann | wc -l")).toBe(
        "new\nann\nann\nnew\n2\n",
      );
      expect(
        await host.do("ldconfig -p | grep -cE 'libutempter|liblzf'; find / -xdev -name '*.roost-new'"),
      ).toBe("2\n");
      if (onChange === "keep") await host.close();
    }
    await applied.close();
  }, 100_000);

  it("works by itself from a rescue shell, and when nobody confirms", async () => {
    host = await original.copy();
    await host.do(script, ["apply"]);
    // The rescue system has neither the record nor the files, and keeps none.
    const rescue =
      "mkdir /run/disk && mount --bind / /run/disk && for own in /var/lib/roost /srv; do mount -t tmpfs own $own; done && sh /run/disk/var/lib/roost/undo/rst_1/recover --root /run/disk";
    expect(await host.do(`${rescue} status`)).toMatch(/^state committed\ntouched \d+\n$/);
    await host.do(`${rescue} rollback`);
    expect(await changedFrom(before)).toEqual([]);
    expect(await host.do(`${rescue} forget; ls -A /run/disk/var/lib/roost/undo`)).toBe(
      "state forgotten\nlock\n",
    );
    await host.close();
    host = await original.copy();
    const watched = (await plan(host, work, { confirmSeconds: 1 })).script;
    await host.do(
      `(${watched})\n while ! grep -q undone /var/lib/roost/undo/rst_1/journal; do sleep 0.1; done`,
      ["apply"],
    );
    expect(await changedFrom(before)).toEqual([]);
  }, 60_000);
});

const installed =
  "dpkg-query -W -f '$" +
  "{db:Status-Status} $" +
  "{Package}\n' liblzf1 tmux libutempter0 | sed -n 's/^installed //p'";

/** Times differ between two runs of the same action. */
function notOfTime(line: string): boolean {
  return !/ \d+\.\d{9}( |$)/.test(line) && !/dpkg\.log|aux-cache/.test(line);
}
