import type { Facts } from "../facts/index.ts";
import { type Check, checks, type Expectation, type Subject } from "./checks/index.ts";
import { lists, octal } from "./lists.ts";
import type { Evidence } from "./security.ts";

/** `unknown`: it could not be seen, which is neither good nor bad; `not-applicable`: what it is about is not there. */
export type Outcome = "pass" | "fail" | "unknown" | "not-applicable";

export interface Judgement {
  check: string;
  outcome: Outcome;
  /** What was seen: of a fail what is wrong, else all of it; 50 at most. */
  seen: string[];
  /** Why it is unknown or not applicable. */
  reason: string | null;
}

/** With what its check is about, for who reads it without the list of checks. */
export type ExplainedJudgement = Judgement & {
  title: string;
  severity: Check["severity"];
  /** What to do where it fails. */
  fix: string;
  /** Where it comes from, such as `CIS Debian 12 v1.1.0 5.1.20`. */
  references: string[];
};

export interface Verdict {
  judgements: Judgement[];
  /** Points of what passes, in whole percent of what could be judged, 100 for all of it: high 5, medium 3, low 1; null: nothing could. */
  index: number | null;
  counts: Record<Outcome, number>;
}

/** A value beside the name that it is told under. */
type Seen = { name: string; value: string | number | Permission };
interface Permission {
  mode: number;
  owner: number;
  group: string;
}
type Observation = { values: Seen[] } | { outcome: "unknown" | "not-applicable"; reason: string };

const points = { high: 5, medium: 3, low: 1 };
const told = 50;
const unknown = (reason: string): Observation => ({ outcome: "unknown", reason });
const absent = (reason: string): Observation => ({ outcome: "not-applicable", reason });

/** Judges a host by checks. Pure. */
export function judge(evidence: Evidence, facts: Facts, by: readonly Check[] = checks): Verdict {
  const judgements = by.map((check) => judgeOne(check, evidence, facts));
  const counts = { pass: 0, fail: 0, unknown: 0, "not-applicable": 0 };
  for (const { outcome } of judgements) counts[outcome]++;
  const sum = (...outcomes: Outcome[]) =>
    by.reduce(
      (total, { severity }, index) =>
        outcomes.includes(judgements[index]?.outcome as Outcome) ? total + points[severity] : total,
      0,
    );
  const all = sum("pass", "fail");
  return { judgements, counts, index: all === 0 ? null : Math.floor((sum("pass") * 100) / all) };
}

function judgeOne({ id, subject, expect }: Check, evidence: Evidence, facts: Facts): Judgement {
  const seen = observe(subject, evidence, facts);
  if ("outcome" in seen) return { check: id, outcome: seen.outcome, seen: [], reason: seen.reason };
  const wrong = faultsOf(expect, seen.values);
  const shown = wrong.length > 0 ? wrong : seen.values;
  return {
    check: id,
    outcome: wrong.length > 0 || ("some" in expect && seen.values.length === 0) ? "fail" : "pass",
    seen: shown.slice(0, told).map(textOf),
    reason: null,
  };
}

function observe(subject: Subject, evidence: Evidence, facts: Facts): Observation {
  const { settings } = evidence;
  if ("sysctl" in subject) return kernelSettings(subject.sysctl, facts);
  if ("list" in subject) {
    const { list } = subject;
    if (list.startsWith("sudo") && !facts.software.packages.sudo?.installed && facts.software.manager)
      return absent("sudo is not installed.");
    const found = lists[list](evidence, facts);
    if (!found) return unknown(evidence.reasons[list] ?? "The facts that it needs could not be seen.");
    return { values: found.map((value) => ({ name: "", value })) };
  }
  if ("packages" in subject) {
    if (facts.software.manager === null) return unknown("No package manager was found.");
    const found = subject.packages.filter((name) => facts.software.packages[name]?.installed);
    return { values: found.map((value) => ({ name: "", value })) };
  }
  if ("processes" in subject) {
    const running = new Set(Object.values(facts.processes).map(({ name }) => name));
    if (running.size === 0) return unknown("No process was seen.");
    return {
      values: subject.processes.filter((name) => running.has(name)).map((value) => ({ name: "", value })),
    };
  }
  if ("mount" in subject) {
    const options = facts.system.mounts[subject.mount]?.options;
    if (!options) return absent(`${subject.mount} is no mount of its own.`);
    return { values: [{ name: subject.mount, value: options.join(",") }] };
  }
  if (!settings) return unknown("The settings of the host could not be read.");
  if ("sshd" in subject) {
    const { installed, options, reason } = settings.sshd;
    if (!installed) return absent("No SSH server is installed.");
    const value = options?.[subject.sshd];
    if (value === undefined) return unknown(reason ?? `The server says nothing of ${subject.sshd}.`);
    return { values: [{ name: subject.sshd, value }] };
  }
  if ("loginDefs" in subject) {
    const value = settings.loginDefs[subject.loginDefs];
    if (value === undefined) return unknown(`/etc/login.defs has no ${subject.loginDefs}.`);
    return { values: [{ name: subject.loginDefs, value }] };
  }
  if ("module" in subject) {
    if (facts.system.kernel.modules[subject.module])
      return { values: [{ name: subject.module, value: "loaded" }] };
    const value = settings.modules?.[subject.module];
    if (value === undefined) return unknown("The host has no modprobe to ask.");
    return { values: [{ name: subject.module, value }] };
  }
  return permissions(subject.permissions, evidence, facts);
}

function kernelSettings(names: string[], { system }: Facts): Observation {
  const { sysctl } = system;
  const values = names.flatMap((name) => {
    const value = sysctl[name];
    return value === undefined ? [] : [{ name, value }];
  });
  if (values.length > 0) return { values };
  if (Object.keys(sysctl).length === 0) return unknown("No kernel setting was seen.");
  if (names.every((name) => name.startsWith("net.ipv6."))) return absent("The host has no IPv6.");
  return unknown("This kernel does not have it, or this login may not see it.");
}

function permissions(patterns: string[], { settings }: Evidence, facts: Facts): Observation {
  if (!settings?.permissions) return unknown("The host has no stat to ask.");
  const matchers = patterns.map(
    (text) => new RegExp(`^${text.replaceAll(/[.+]/g, "\\$&").replaceAll("*", "[^/]*")}$`),
  );
  const groups = new Map(Object.entries(facts.system.groups).map(([name, { id }]) => [id, name]));
  const values = Object.entries(settings.permissions).flatMap(([name, { mode, owner, group }]) =>
    matchers.some((matcher) => matcher.test(name))
      ? [{ name, value: { mode, owner, group: groups.get(group) ?? String(group) } }]
      : [],
  );
  return values.length > 0 ? { values } : absent("Nothing of the kind is there.");
}

function faultsOf(expect: Expectation, values: Seen[]): Seen[] {
  if ("some" in expect) return [];
  if ("none" in expect) return values;
  return values.filter(({ value }) => !isMet(expect, value));
}

function isMet(expect: Exclude<Expectation, { some: true } | { none: true }>, value: Seen["value"]): boolean {
  if ("mode" in expect) {
    if (typeof value !== "object") return false;
    const { mode, groups = ["root"] } = expect;
    return (
      (value.mode & 0o777 & ~mode) === 0 &&
      value.owner === 0 &&
      (groups.includes(value.group) || !groupGains(value.mode))
    );
  }
  if (typeof value === "object") return false;
  if ("is" in expect) return expect.is.includes(value) || expect.is.map(String).includes(String(value));
  if ("has" in expect) return String(value).split(",").includes(expect.has);
  if ("avoids" in expect)
    return !String(value)
      .split(",")
      .some((word) => expect.avoids.includes(word));
  const number = Number(value);
  if (!Number.isFinite(number)) return false;
  if ("atLeast" in expect) return number >= expect.atLeast;
  return number >= expect.between[0] && number <= expect.between[1];
}

/** A strange group that may no more than everybody may gains nothing. */
function groupGains(mode: number): boolean {
  return ((mode >> 3) & 0o7 & ~(mode & 0o7)) !== 0;
}

function textOf({ name, value }: Seen): string {
  const text =
    typeof value === "object" ? `${octal(value.mode)} ${value.owner}:${value.group}` : String(value);
  return (name === "" ? text : `${name}: ${text}`).slice(0, 300);
}
