import { describe, expect, it } from "@jest/globals";
import { Probe, readDetails } from "../../../host-provisioning/facts/index.ts";
import { checks, judge, type Report, toHtml, toSarif } from "../../../host-provisioning/security/index.ts";
import { hardened, spoil } from "./hardened.ts";

const words = `<img src=x onerror=alert(1)>"'&\u202e`;

function report(): Report {
  const host = hardened();
  for (const check of checks) spoil(check, host);
  const { evidence, facts } = host;
  evidence.files?.privileged.push({ path: `/tmp/${words}`, mode: 0o4755, owner: words, group: words });
  evidence.reasons.packages = words;
  const security = {
    ...evidence,
    ...judge(evidence, facts),
    exposure: facts.network.ports,
    milliseconds: {},
  };
  facts.system.os.name = words;
  facts.system.hostname = words;
  facts.network.resolver.servers = [words];
  facts.network.interfaces[words] = {
    ...{ mac: words, mtu: 1, state: "up", kind: "ethernet", megabits: 1, duplex: null, carrier: true },
    ...{ driver: null, alias: null, queue: 1, addresses: [words] },
  };
  facts.software.applications[words] = {
    ...{ name: words, package: words, version: words, dependencies: [], listens: [words], users: [words] },
    ...{ units: [], scripts: [] },
  };
  const room = { bytes: 1, availableBytes: 1, usedPercent: 50, files: 1, freeFiles: 1 };
  const details = readDetails(new Probe("", "MARK"), {});
  facts.details = { ...details, filesystems: { [words]: room }, failedUnits: [words] };
  const when = "2026-01-11T00:00:00.000Z";
  return { host: words, scan: "scn_1", createdAt: when, version: "0.1.0", facts: { ...facts, security } };
}

interface Sarif {
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    results: { ruleId: string; ruleIndex: number; kind: string; level: string; locations: object[] }[];
  }[];
}

describe("a report as SARIF", () => {
  const { runs } = toSarif(report()) as Sarif;
  const [run] = runs as [Sarif["runs"][number]];

  it("tells each check and each fault once, by a rule that is there", () => {
    const { rules } = run.tool.driver;
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { ruleId, ruleIndex } of run.results) expect(rules[ruleIndex]?.id).toBe(ruleId);
    expect(run.results).toHaveLength(checks.length + 1);
    expect(run.results.at(-1)).toMatchObject({ ruleId: "CVE-2024-0001", kind: "fail", level: "error" });
  });

  it("has a level other than none for what fails alone, as the standard asks", () => {
    for (const { kind, level } of run.results) expect(level === "none").toBe(kind !== "fail");
    const host = hardened();
    const security = {
      ...host.evidence,
      ...judge(host.evidence, host.facts),
      exposure: [],
      milliseconds: {},
    };
    const good = toSarif({ ...report(), facts: { ...host.facts, security } }) as Sarif;
    expect(new Set(good.runs[0]?.results.map(({ kind }) => kind))).toEqual(new Set(["pass"]));
  });
});

describe("a report as a page", () => {
  const page = toHtml(report());

  it("takes no word of the host for markup", () => {
    expect(page).not.toMatch(/<img|onerror=alert\(1\)>"|\u202e/);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
  });

  it("needs nothing else, and runs nothing", () => {
    expect(page).not.toMatch(/<script|<link|<iframe|src=(?!x)|@import|url\(/i);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it("draws how busy the host was, where it was sampled", () => {
    expect(page).not.toContain("<svg");
    const sample = {
      ...{ seconds: 60, cpuPercent: 10, memoryPercent: 50, swapUsedBytes: 0, diskPercent: null },
      ...{ readBytesPerSecond: 0, writtenBytesPerSecond: 0 },
      ...{ cpuPressurePercent: null, ioPressurePercent: null, memoryPressurePercent: null },
    };
    const history = ["2027-01-15T08:00:00.000Z", "2027-01-15T08:30:00.000Z"].map((at) => ({ ...sample, at }));
    const { facts, ...rest } = report();
    const drawn = toHtml({ ...rest, facts: { ...facts, performance: { ...facts.performance, history } } });
    expect(drawn).toContain('<polyline class="cpu" points="0.0,180.0 960.0,180.0"/>');
    expect(drawn).toContain("Processor 10 %");
  });

  it("says when it was not seen as root", () => {
    expect(page).not.toContain("not as root");
    const { facts, ...rest } = report();
    const system = { ...facts.system, login: { id: 1000, user: words } };
    const seen = toHtml({ ...rest, facts: { ...facts, system } });
    expect(seen).toContain("<b>Seen as &lt;img");
  });

  it("tells every check, and of what fails what to do", () => {
    for (const { title } of checks) expect(page).toContain(title.replaceAll("'", "&#39;"));
    expect(page).toContain("What is unknown is no sign that it is well.");
  });
});
