import { pictureStyle, type Sample, toPicture } from "../performance/index.ts";
import { checks } from "./checks/index.ts";
import type { Outcome } from "./judge.ts";
import { faultText, referencesOf } from "./sarif.ts";
import type { SecurityFacts } from "./security.ts";

/** A full scan as reports tell it. */
export interface Report {
  /** The host's name. */
  host: string;
  /** The scan's id. */
  scan: string;
  createdAt: string;
  /** Of the product, as a semantic version. */
  version: string;
  system: string | null;
  security: SecurityFacts;
  /** How busy the host was before; absent: it was not sampled. */
  history?: Sample[];
}

const order: Outcome[] = ["fail", "unknown", "pass", "not-applicable"];
const listedFaults = 500;

/** One page that needs nothing else: no script, no style or image from elsewhere. Pure; all of the host's words are escaped. */
export function toHtml({ host, scan, createdAt, version, system, security, history }: Report): string {
  const { judgements, counts, index, vulnerabilities, exposure, files, integrity, reasons } = security;
  const byId = new Map(checks.map((check) => [check.id, check]));
  const rows = order.flatMap((outcome) =>
    judgements.flatMap((judgement) => {
      const check = byId.get(judgement.check);
      if (judgement.outcome !== outcome || !check) return [];
      const seen = judgement.reason ?? judgement.seen.join("\n");
      const fix = outcome === "fail" ? check.fix : "";
      const cells = [check.severity, check.title, seen, fix, referencesOf(check).join("\n")];
      return [`<tr class="${outcome}"><td><b>${outcome}</b></td>${cells.map(cell).join("")}</tr>`];
    }),
  );
  const faults = vulnerabilities.findings
    .slice(0, listedFaults)
    .map((found) => row([found.urgency ?? "", faultText(found)]));
  const age = vulnerabilities.sources.map(
    ({ kind, release, dataFrom, ageDays }) =>
      `${kind} for ${release}: ${dataFrom ? `of ${dataFrom}, ${ageDays} days old` : "of unknown age"}`,
  );
  const ports = exposure.map(({ protocol, port, address, scope, process, package: owner }) =>
    row([`${protocol}/${port}`, address, scope, process ?? "unknown", owner ?? ""]),
  );
  const setuid = files?.privileged.map(({ path, mode, owner }) => row([path, mode.toString(8), owner])) ?? [];
  const changed = integrity?.changed.map(({ path, change, isConfiguration }) =>
    row([path, change, isConfiguration ? "configuration" : ""]),
  );
  const gaps = Object.entries(reasons).map(([name, reason]) => row([name, reason]));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${plain(host)}: security</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem } th, td { border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; white-space: pre-line }
${pictureStyle}
.fail b { color: #a4000f } .pass b { color: #05620b } .unknown b { color: #7a5200 } .not-applicable { color: #595959 }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616 } .fail b { color: #ff9aa2 } .pass b { color: #8fd694 } .unknown b { color: #ffcf70 } .not-applicable { color: #b5b5b5 } }
</style>
</head>
<body>
<h1>${plain(host)}: security</h1>
<p>${plain(system ?? "Unknown system")}, scan ${plain(scan)} of ${plain(createdAt)}, by Roost ${plain(version)}.</p>
<p>Index <b>${index ?? "unknown"}</b> of 100: ${counts.pass} checks pass, ${counts.fail} fail, ${counts.unknown} are unknown, ${counts["not-applicable"]} do not apply. What is unknown is no sign that it is well.</p>
${history ? `<h2>Performance</h2>\n${toPicture(history)}` : ""}
<h2>Checks</h2>
${table(["Outcome", "Severity", "Check", "Seen", "What to do", "Sources"], rows)}
<h2>Known faults</h2>
<p>${plain(vulnerabilities.reason ?? `${vulnerabilities.findings.length} found in ${vulnerabilities.packages} packages. ${age.join("; ")}.`)}</p>
${table(["Urgency", "Fault"], faults)}
<h2>Open ports</h2>
${table(["Port", "Address", "Reached from", "Process", "Package"], ports)}
<h2>Programs with more rights</h2>
${table(["Path", "Mode", "Owner"], setuid)}
<h2>Files that differ from their packages</h2>
${table(["Path", "Difference", "Kind"], changed ?? [])}
<h2>What could not be seen</h2>
${table(["What", "Why"], gaps)}
</body>
</html>
`;
}

function table(heads: string[], rows: string[]): string {
  if (rows.length === 0) return "<p>None.</p>";
  const head = heads.map((text) => `<th scope="col">${plain(text)}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
}

function row(cells: string[]): string {
  return `<tr>${cells.map(cell).join("")}</tr>`;
}

function cell(text: string): string {
  return `<td>${plain(text)}</td>`;
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function plain(text: string): string {
  // What does not print would only hide something.
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (letter) => (letter === "\n" ? letter : "?"))
    .replaceAll(/[&<>"']/g, (letter) => entities[letter] as string);
}
