import { countOutcomes, type Outcome, type Verdict } from "./evaluate.ts";
import { askedForBy } from "./frameworks.ts";
import { linkOf, type Rule, type Severity } from "./rule.ts";

export const VERDICT_FORMAT = "roost-verdict/1";

/** A verdict as a plain JSON document. */
export function reportOf(verdict: Verdict) {
  return {
    format: VERDICT_FORMAT,
    resources: verdict.resources,
    checks: verdict.checks,
    counts: countOutcomes(verdict),
    outcomes: verdict.outcomes.map(({ kind, rule, urn, name, type, message, path, exception }) => ({
      outcome: kind,
      policy: rule.id,
      severity: rule.severity,
      urn,
      name,
      type,
      message,
      path: path ?? null,
      frameworks: askedForBy(rule),
      remediation: rule.remediation,
      link: linkOf(rule),
      exception: exception ?? null,
    })),
  };
}

/** Scores of GitHub's code scanning, of which it makes its own words. */
const scores: Record<Severity, string> = { low: "3.0", medium: "5.0", high: "8.0", critical: "9.5" };

/**
 * A verdict in SARIF 2.1.0, for code scanning of GitHub, GitLab and others.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifOf(verdict: Verdict, rules: readonly Rule[], version: string) {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "roost", version, rules: rules.map(sarifRule) } },
        results: verdict.outcomes.map((outcome) => sarifResult(outcome, rules)),
      },
    ],
  };
}

function sarifRule(rule: Rule) {
  return {
    id: rule.id,
    shortDescription: { text: rule.title },
    help: { text: rule.remediation },
    helpUri: linkOf(rule),
    properties: { "security-severity": scores[rule.severity], tags: ["security", ...askedForBy(rule)] },
  };
}

function sarifResult({ kind, rule, urn, name, type, message, exception }: Outcome, rules: readonly Rule[]) {
  const level = { violation: "error", advisory: "warning", excepted: "error" }[kind as string];
  return {
    ruleId: rule.id,
    ruleIndex: rules.indexOf(rule),
    // What cannot be decided is open; only a failure has a level.
    ...(level
      ? { kind: "fail", level }
      : { kind: kind === "cannot-decide" ? "open" : "informational", level: "none" }),
    message: { text: `${type} ${name} ${message}` },
    locations: [{ logicalLocations: [{ fullyQualifiedName: urn, kind: "resource" }] }],
    partialFingerprints: { "policyAndResource/v1": `${rule.id}|${urn}|${message}` },
    ...(kind === "excepted" && {
      suppressions: [
        {
          kind: "external",
          justification: `${exception?.why} (${exception?.who}, until ${exception?.until})`,
        },
      ],
    }),
  };
}
