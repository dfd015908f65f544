import { describe, expect, it } from "@jest/globals";
import { checks, judge } from "../../../host-provisioning/security/index.ts";
import { factsFrom } from "../facts/captured.ts";
import { type Host, hardened, spoil } from "./hardened.ts";

const outcomes = ({ evidence, facts }: Host) =>
  new Map(judge(evidence, facts).judgements.map(({ check, outcome }) => [check, outcome]));

describe("checks", () => {
  it("have a name of their own and say where they come from and what to do", () => {
    expect(checks.length).toBeGreaterThanOrEqual(60);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    for (const { id, cis, anssi, source, fix } of checks) {
      expect([id, cis ?? anssi ?? source]).toEqual([
        id,
        expect.stringMatching(/^(\d+(\.\d+)+|R\d+|https:\/\/.+)$/),
      ]);
      expect(fix.length).toBeGreaterThan(5);
    }
  });

  it("all pass at a host that is set up well", () => {
    const host = hardened();
    const { counts, index, judgements } = judge(host.evidence, host.facts);
    expect(judgements.filter(({ outcome }) => outcome !== "pass")).toEqual([]);
    expect([counts.pass, index]).toEqual([checks.length, 100]);
  });

  it.each(checks.map((check) => [check.id, check] as const))("%s fails where it should", (id, check) => {
    const host = hardened();
    spoil(check, host);
    const { judgements, index } = judge(host.evidence, host.facts);
    const failed = judgements.filter(({ outcome }) => outcome !== "pass");
    expect(failed.map(({ check: name, outcome }) => [name, outcome])).toContainEqual([id, "fail"]);
    // One fault is told by one check, but for accounts, where one wrong id is several things.
    expect(failed.length).toBeLessThanOrEqual(id.startsWith("account-") ? 4 : 1);
    expect(index).toBeLessThan(100);
  });

  it("are unknown or do not apply where nothing was seen, and never pass or fail", () => {
    const { evidence } = hardened();
    const blind = {
      ...evidence,
      ...{ settings: null, files: null, integrity: null, privilegedOwners: null },
      vulnerabilities: {
        outcome: "unknown" as const,
        reason: "none",
        sources: [],
        packages: 0,
        findings: [],
      },
    };
    const found = outcomes({ evidence: blind, facts: factsFrom() });
    const decided = [...found]
      .filter(([, outcome]) => outcome === "pass" || outcome === "fail")
      .map(([id]) => id);
    // These are decided by what is not there: no account, no port and no request to restart.
    expect(decided).toEqual([
      ...["account-root-ids", "account-root-group", "account-system-shells", "account-same-ids"],
      ...["account-same-groups", "account-no-group", "account-shadow-group", "account-container-group"],
      ...["net-databases", "net-plain-logins", "net-docker-port", "kernel-restart"],
    ]);
  });

  it("do not apply where what they are about is not installed", () => {
    const host = hardened();
    delete host.facts.software.packages.sudo;
    if (host.evidence.settings)
      host.evidence.settings.sshd = { installed: false, options: null, reason: null };
    delete host.facts.system.mounts["/tmp"];
    const found = outcomes(host);
    for (const id of ["sudo-terminal", "ssh-root", "ssh-ciphers", "mount-tmp"])
      expect([id, found.get(id)]).toEqual([id, "not-applicable"]);
  });

  it("say why a server that does not answer leaves them unknown", () => {
    const host = hardened();
    const reason = "sshd: no hostkeys available -- exiting.";
    if (host.evidence.settings) host.evidence.settings.sshd = { installed: true, options: null, reason };
    const { judgements } = judge(host.evidence, host.facts);
    expect(judgements.find(({ check }) => check === "ssh-root")).toMatchObject({
      outcome: "unknown",
      reason,
    });
  });
});
