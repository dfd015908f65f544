import { type Check, checks } from "./checks/index.ts";
import type { Report } from "./html.ts";
import type { ExplainedJudgement, Judgement, Outcome } from "./judge.ts";
import type { Vulnerability } from "./vulnerabilities.ts";

const levels = { high: "error", medium: "warning", low: "note" } as const;
/** `open`: it was looked at, and there was too little to decide by. */
const kinds: Record<Outcome, string> = {
  pass: "pass",
  fail: "fail",
  unknown: "open",
  "not-applicable": "notApplicable",
};
const trackerAddress = "https://security-tracker.debian.org/tracker/";
const packageDatabase = "var/lib/dpkg/status";

/** @returns the judgement alone where its check is no longer made. Pure. */
export function explain(judgement: Judgement): Judgement | ExplainedJudgement {
  const check = checks.find(({ id }) => id === judgement.check);
  if (!check) return judgement;
  const { title, severity, fix } = check;
  return { ...judgement, title, severity, fix, references: referencesOf(check) };
}

/**
 * A full scan's checks and known faults as a SARIF log. Pure.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function toSarif({ host, scan, createdAt, facts, version }: Report): object {
  const { security } = facts;
  if (!security) throw new Error("A quick scan has no findings: SARIF is of full ones.");
  const { judgements, vulnerabilities, reasons } = security;
  const rules = [...checks.map(ruleOf), ...faultRules(vulnerabilities.findings)];
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const place = (uri: string, name: string) => ({
    physicalLocation: { artifactLocation: { uri, uriBaseId: "ROOT" } },
    logicalLocations: [{ name, fullyQualifiedName: `${host}/${name}`, kind: "resource" }],
  });
  const judged = judgements.map(({ check: id, outcome, seen, reason }) => {
    const check = checks.find((one) => one.id === id);
    const text = outcome === "fail" ? seen.join("; ") || "It is not there." : (reason ?? seen.join("; "));
    return {
      ruleId: id,
      ruleIndex: indexes.get(id) ?? -1,
      kind: kinds[outcome],
      level: outcome === "fail" ? levels[check?.severity ?? "low"] : "none",
      message: { text: `${check?.title ?? id}: ${text || outcome}` },
      locations: [place(check ? fileOf(check) : "etc", id)],
      partialFingerprints: { "hostCheck/v1": `${host}:${id}` },
    };
  });
  const faults = vulnerabilities.findings.map((found) => ({
    ruleId: faultId(found),
    ruleIndex: indexes.get(faultId(found)) ?? -1,
    kind: "fail",
    level: found.state === "fixable" ? "error" : "note",
    message: { text: faultText(found) },
    locations: [place(packageDatabase, found.packages[0] ?? found.source)],
    partialFingerprints: { "hostFault/v1": `${host}:${faultId(found)}:${found.source}:${found.packages[0]}` },
  }));
  const notifications = Object.entries({
    ...reasons,
    ...(vulnerabilities.reason && { vulnerabilities: vulnerabilities.reason }),
  });
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Roost",
            semanticVersion: version,

            rules,
          },
        },
        automationDetails: { id: `host-scan/${host}/${scan}` },
        originalUriBaseIds: { ROOT: { uri: "file:///", description: { text: `The file tree of ${host}` } } },
        invocations: [
          {
            executionSuccessful: true,
            endTimeUtc: createdAt,
            toolExecutionNotifications: notifications.map(([name, text]) => ({
              level: "warning",
              message: { text: `${name}: ${text}` },
            })),
          },
        ],
        columnKind: "utf16CodeUnits",
        results: [...judged, ...faults],
      },
    ],
  };
}

export function faultText({ id, packages, installed, fixed, state }: Vulnerability): string {
  const what = `${id ?? "A security update"} concerns ${packages.join(", ")} ${installed}`;
  if (state === "fixable") return `${what}; fixed in ${fixed}.`;
  return `${what}; ${state === "open" ? "no fix for this release yet" : "not looked into by the distribution"}.`;
}

function ruleOf(check: Check) {
  return {
    id: check.id,
    shortDescription: { text: check.title },
    help: { text: check.fix },
    ...(check.source && { helpUri: check.source }),
    defaultConfiguration: { level: levels[check.severity] },
    properties: {
      tags: ["security", ...referencesOf(check)],
      "security-severity": { high: "8.0", medium: "5.0", low: "2.0" }[check.severity],
    },
  };
}

export function referencesOf({ cis, anssi }: Check): string[] {
  return [...(cis ? [`CIS Debian 12 v1.1.0 ${cis}`] : []), ...(anssi ? [`ANSSI-BP-028 ${anssi}`] : [])];
}

function faultRules(findings: Vulnerability[]) {
  const ids = [...new Set(findings.map(faultId))];
  return ids.map((id) => ({
    id,
    shortDescription: { text: id === "security-update" ? "A security update is not installed" : id },
    ...(id.startsWith("CVE-") && { helpUri: `${trackerAddress}${id}` }),
    properties: { tags: ["security", "vulnerability"] },
  }));
}

function faultId({ id }: Vulnerability): string {
  return id ?? "security-update";
}

/** The file that a check is about, so that tools which want one have it. */
function fileOf({ subject }: Check): string {
  if ("sshd" in subject) return "etc/ssh/sshd_config";
  if ("sysctl" in subject) return `proc/sys/${subject.sysctl[0]?.replaceAll(".", "/")}`;
  if ("loginDefs" in subject) return "etc/login.defs";
  if ("permissions" in subject) return (subject.permissions[0] ?? "/etc").slice(1).replaceAll("*", "");
  if ("mount" in subject) return "etc/fstab";
  if ("module" in subject) return "etc/modprobe.d";
  if ("packages" in subject) return packageDatabase;
  return "etc";
}
