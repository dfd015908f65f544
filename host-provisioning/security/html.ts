import type { Facts } from "../facts/facts.ts";
import { pictureStyle, toPicture } from "../performance/index.ts";
import { checks } from "./checks/index.ts";
import type { Outcome } from "./judge.ts";
import { machineSections } from "./machine-html.ts";
import { cell, code, plain, row, section, table } from "./markup.ts";
import { faultText, referencesOf } from "./sarif.ts";
import type { SecurityFacts } from "./security.ts";

/** A scan as reports tell it. */
export interface Report {
  /** The host's name. */
  host: string;
  /** The scan's id. */
  scan: string;
  createdAt: string;
  /** Of the product, as a semantic version. */
  version: string;
  /** What was found; `security` of full scans only. */
  facts: Facts;
}

const order: Outcome[] = ["fail", "unknown", "pass", "not-applicable"];
const titles: Record<Outcome, string> = {
  fail: "What fails",
  unknown: "What is unknown, which is no sign that it is well",
  pass: "What is well",
  "not-applicable": "What does not apply",
};
const weights = { high: 0, medium: 1, low: 2 };
const listedFaults = 500;

/** One page that needs nothing else: no script, no style or image from elsewhere. Pure; all of the host's words are escaped. */
export function toHtml({ host, scan, createdAt, version, facts }: Report): string {
  const { security, performance, system } = facts;
  const kind = security ? "full scan" : "quick scan";
  const sections = [
    ...(security ? [section("security", "Security", summaryOf(security))] : []),
    ...machineSections(facts),
    ...(performance.history ? [section("performance", "Performance", toPicture(performance.history))] : []),
    ...(security ? securitySections(security) : []),
  ];
  const links = sections.map(({ id, title }) => `<a href="#${id}">${plain(title)}</a>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${plain(host)}</title>
<style>
${style}
${pictureStyle}
</style>
</head>
<body>
<h1>${plain(host)}</h1>
<p>${plain(system.os.name ?? "Unknown system")}, ${kind} ${plain(scan)} of ${plain(createdAt)}, by Roost ${plain(version)}.</p>
${hidden(system.login)}<nav>${links}</nav>
${sections.map(({ html }) => html).join("\n")}
</body>
</html>
`;
}

/** A page that says nothing of it would pass for all there is. */
function hidden(login: Facts["system"]["login"] | undefined): string {
  if (!login?.id) return "";
  const who = plain(login.user ?? String(login.id));
  return `<p class="unknown"><b>Seen as ${who}</b>, not as root: programs, sockets and files of others are hidden.</p>\n`;
}

const style = `:root { --ink: #1a1a1a; --dim: #595959; --line: #d5d5d5; --page: #fff; --bad: #a4000f; --good: #05620b; --open: #7a5200 }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --dim: #b5b5b5; --line: #444; --page: #161616; --bad: #ff9aa2; --good: #8fd694; --open: #ffcf70 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: var(--ink); background: var(--page) }
h2 { margin: 2.5rem 0 .5rem } nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem } a { color: inherit }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; margin: 0 0 1rem }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; white-space: pre-line }
th { white-space: nowrap } td.code { font-family: ui-monospace, monospace; font-size: .87em; overflow-wrap: anywhere; min-width: 12rem } td.short { white-space: pre }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0 } dt { color: var(--dim) } dd { margin: 0; overflow-wrap: anywhere }
.index { font-size: 2.2rem; font-weight: 600 } summary { cursor: pointer; font-weight: 600; padding: .3rem 0 }
.fail b, .high b { color: var(--bad) } .pass b { color: var(--good) } .unknown b, .medium b { color: var(--open) } .not-applicable, .dim { color: var(--dim) }
meter { width: 8rem }`;

function summaryOf({ index, counts }: SecurityFacts): string {
  return `<p><span class="index">${index ?? "unknown"}</span> of 100: ${counts.pass} checks pass, ${counts.fail} fail, ${counts.unknown} are unknown, ${counts["not-applicable"]} do not apply. What is unknown is no sign that it is well.</p>`;
}

function securitySections(security: SecurityFacts) {
  const { vulnerabilities, files, integrity, reasons } = security;
  const faults = vulnerabilities.findings
    .slice(0, listedFaults)
    .map((found) => row([found.urgency ?? "", faultText(found)]));
  const age = vulnerabilities.sources.map(
    ({ kind, release, dataFrom, ageDays }) =>
      `${kind} for ${release}: ${dataFrom ? `of ${dataFrom}, ${ageDays} days old` : "of unknown age"}`,
  );
  const known =
    vulnerabilities.reason ??
    `${vulnerabilities.findings.length} found in ${vulnerabilities.packages} packages. ${age.join("; ")}.`;
  const setuid = files?.privileged.map(
    ({ path, mode, owner }) => `<tr>${code(path)}${cell(mode.toString(8))}${cell(owner)}</tr>`,
  );
  const changed = integrity?.changed.map(
    ({ path, change, isConfiguration }) =>
      `<tr>${code(path)}${cell(change)}${cell(isConfiguration ? "configuration" : "")}</tr>`,
  );
  const gaps = Object.entries(reasons).map(([name, reason]) => row([name, reason]));
  const faultTable = vulnerabilities.reason ? "" : table(["Urgency", "Fault"], faults);
  return [
    section("checks", "Checks", order.map((outcome) => judged(security, outcome)).join("\n")),
    section("faults", "Known faults", `<p>${plain(known)}</p>${faultTable}`),
    section("privileged", "Programs with more rights", table(["Path", "Mode", "Owner"], setuid ?? [])),
    section(
      "changed",
      "Files that differ from their packages",
      table(["Path", "Difference", "Kind"], changed ?? []),
    ),
    section("unseen", "What could not be seen", table(["What", "Why"], gaps)),
  ];
}

/** Checks of one outcome, the graver first; only what fails is unfolded. */
function judged({ judgements }: SecurityFacts, outcome: Outcome): string {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const found = judgements.flatMap((judgement) => {
    const check = byId.get(judgement.check);
    return judgement.outcome === outcome && check ? [{ ...judgement, check }] : [];
  });
  if (found.length === 0) return "";
  found.sort((a, b) => weights[a.check.severity] - weights[b.check.severity]);
  const isFail = outcome === "fail";
  const rows = found.map(({ check, seen, reason }) => {
    const told = seen.join("\n") || (isFail ? "nothing" : "");
    const cells = [
      `<td class="${check.severity} short"><b>${check.severity}</b></td>${cell(check.title)}`,
      reason === null ? code(told) : cell(reason),
      ...(isFail ? [cell(check.fix)] : []),
      `<td class="short dim">${plain(referencesOf(check).join("\n"))}</td>`,
    ];
    return `<tr>${cells.join("")}</tr>`;
  });
  const heads = ["Severity", "Check", "Seen", ...(isFail ? ["What to do"] : []), "Sources"];
  return `<details class="${outcome}"${isFail ? " open" : ""}><summary><b>${titles[outcome]}</b> (${found.length})</summary>
${table(heads, rows)}</details>`;
}
