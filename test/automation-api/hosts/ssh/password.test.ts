import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { HostConnections } from "../../../../automation-api/hosts/ssh/connections.ts";
import type { SshTarget } from "../../../../automation-api/hosts/ssh/contract.ts";
import { holdLogin } from "../../../../plugins/command/index.ts";
import { remoteCommand } from "../../../../plugins/command/remote-command.ts";
import { labOf } from "../../../plugins/command/lab.ts";
import { until } from "../../../support/processes.ts";
import { reasonWithoutTestHosts, TestHost } from "../../../support/test-host.ts";

/** With what a shell or ssh could take for something of its own. */
const password = "canary $(id) 'pass' \"wörd\" \\n";
const byPassword = ["PermitRootLogin=yes", "PubkeyAuthentication=no"];
const byQuestions = [
  ...byPassword,
  "PasswordAuthentication=no",
  "KbdInteractiveAuthentication=yes",
  "UsePAM=yes",
];

(reasonWithoutTestHosts() ? describe.skip : describe)("logins by password and by sudo", () => {
  let host: TestHost;
  let connections = new HostConnections();
  beforeAll(async () => {
    host = await TestHost.create();
    await host.stay();
    await host.do(`useradd -m ops; useradd -m guest
      for name in root ops guest; do printf '%s:' $name; cat <<'E'\n${password}\nE\ndone | chpasswd
      echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops`);
  }, 120_000);
  afterEach(async () => {
    await connections.close();
    connections = new HostConnections();
  });
  afterAll(() => host.close());

  async function target(words: string[], more: Partial<SshTarget> = {}): Promise<SshTarget> {
    const { port, hostKey } = await host.startSshd({ words });
    const place = { id: "hst_one", name: "one", address: "127.0.0.1", port, user: "root", hostKey };
    return { ...place, login: { password }, ...more };
  }
  const run = async (to: SshTarget) => (await connections.run(to, { script: "id -u" })).stdout.toString();

  it.each([
    ["asks for it by its own method", byPassword],
    ["asks for it as a question", byQuestions],
  ])("a host that %s", async (_how, words) => {
    const to = await target(words);
    expect(await run(to)).toBe("0\n");
    const seen = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => ["cmdline", "environ"].map((file) => read(`/proc/${pid}/${file}`)));
    expect(seen.some((text) => text.includes("SSH_ASKPASS="))).toBe(true);
    for (const text of seen) expect(text).not.toContain("canary");
  });

  it("a wrong one is told as that, and the right one is let in behind a bastion of its own", async () => {
    const to = await target(byPassword);
    const wrong = run({ ...to, login: { password: "canary of another" } });
    await expect(wrong).rejects.toMatchObject({ fault: "authentication" });
    await expect(wrong).rejects.not.toThrow("canary");
    const bastion = { ...(await target(byPassword)), id: "hst_two", name: "two" };
    expect(await run({ ...to, bastion })).toBe("0\n");
  });

  it("a user becomes root by sudo where it is asked for and may be", async () => {
    const to = await target(byPassword);
    const whoIs = (user: string, sudo: boolean) => run({ ...to, user, sudo });
    expect([await whoIs("ops", false), await whoIs("ops", true)]).toEqual(["1000\n", "0\n"]);
    await host.do("hostname nobody-knows");
    const { stderr } = await connections.run(
      { ...to, user: "ops", sudo: true },
      { script: "echo aside >&2" },
    );
    expect(stderr).toBe("aside\n");
    await expect(whoIs("guest", true)).rejects.toMatchObject({
      ...{ fault: "remote-exit", message: expect.stringContaining("sudo: a password is required") },
    });
  });

  it("what a stack runs by sudo ends when it is cancelled", async () => {
    const { port, hostKey } = await target(byPassword);
    holdLogin("by-sudo", { password });
    const connection = {
      host: "127.0.0.1",
      port,
      user: "ops",
      hostKey,
      agentSocketPath: "roost-agent:by-sudo",
    };
    const stdin = "echo begun >/run/begun; exec sleep 1234";
    const lab = labOf({ connection, create: "exec sudo -n /bin/sh -s", stdin });
    const ended = remoteCommand.create(lab.context, { inputs: lab.inputs }).catch((error) => error);
    await until("it runs", async () => (await host.run("cat /run/begun")).code === 0);
    lab.cancel();
    expect(await ended).toMatchObject({ message: "cancelled" });
    await until("it has ended", async () => (await host.run("pgrep -f '^sleep 1234'")).code === 1);
  });

  it("no new one is chosen where the account needs one", async () => {
    await host.do("chage -d 0 root");
    const shadow = await host.do("cat /etc/shadow");
    const denied = run(await target(byQuestions));
    await expect(denied).rejects.toMatchObject({
      fault: expect.stringMatching(/authentication|remote-exit/),
    });
    expect(await host.do("cat /etc/shadow")).toBe(shadow);
  });
});

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
