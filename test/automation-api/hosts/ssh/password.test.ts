import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { HostConnections } from "../../../../automation-api/hosts/ssh/connections.ts";
import type { SshTarget } from "../../../../automation-api/hosts/ssh/contract.ts";
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

(reasonWithoutTestHosts() ? describe.skip : describe)("logins by password", () => {
  let host: TestHost;
  let connections = new HostConnections();
  beforeAll(async () => {
    host = await TestHost.create();
    await host.stay();
    await host.do(`chpasswd <<'E'\nroot:${password}\nE`);
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
