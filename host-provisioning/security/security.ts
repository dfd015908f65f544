import type { Facts, Probe } from "../facts/index.ts";
import { type FileFacts, readFiles } from "./files.ts";
import { type IntegrityFacts, readIntegrity } from "./integrity.ts";
import { judge, type Verdict } from "./judge.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { StepName } from "./steps.ts";
import { joinVulnerabilities, readOffered, type Tracker, type Vulnerabilities } from "./vulnerabilities.ts";

/** What is known of how safe a host is. Null: that step did not come to its end, `reasons` tells why. */
export interface Evidence {
  settings: Settings | null;
  files: FileFacts | null;
  integrity: IntegrityFacts | null;
  vulnerabilities: Vulnerabilities;
  /** Packages of the programs with more rights, by path; null: the package manager could not be asked. */
  privilegedOwners: Record<string, string> | null;
  /** By name of a step, or of a list that is worked out of one. */
  reasons: Record<string, string>;
}

export interface SecurityFacts extends Evidence, Verdict {
  /** Ports with their owner and from where they are reached, most exposed first. */
  exposure: Facts["network"]["ports"];
  milliseconds: Record<string, number>;
}

/** What a step gave: its output, or why there is none. */
export interface StepResult {
  probe: Probe | null;
  reason: string | null;
  milliseconds: number;
}

const scopes = { any: 0, public: 1, private: 2, loopback: 3 };

/** Everything that a full scan tells beyond a quick one. Pure, and total. */
export function assembleSecurity(
  facts: Facts,
  steps: Record<StepName, StepResult>,
  { tracker, at }: { tracker?: Tracker; at: Date },
): SecurityFacts {
  const reasons: Record<string, string> = {};
  const take = <T>(name: StepName, read: (probe: Probe) => T | string): T | null => {
    const { probe, reason } = steps[name];
    const found = probe ? read(probe) : (reason ?? "It did not come to its end.");
    if (typeof found !== "string") return found;
    reasons[name] = found;
    return null;
  };
  const settings = take("settings", readSettings);
  const files = take("files", readFiles);
  const integrity = take("packages", readIntegrity);
  const offered = take("updates", readOffered) ?? undefined;
  const { probe } = steps.files;
  const evidence: Evidence = {
    settings,
    files,
    integrity,
    vulnerabilities: joinVulnerabilities(facts.software, facts.system.os.codename, { offered, tracker, at }),
    privilegedOwners: probe ? ownersOf(probe) : null,
    reasons,
  };
  if (!steps.details.probe) reasons.details = steps.details.reason ?? "It did not come to its end.";
  const { vulnerabilities } = evidence;
  if (vulnerabilities.reason) reasons.fixableFaults = vulnerabilities.reason;
  for (const list of ["worldWritable", "ownerless", "strangePrivileged"]) {
    if (reasons.files) reasons[list] = reasons.files;
  }
  if (reasons.packages) reasons.changedPrograms = reasons.packages;
  const exposure = [...facts.network.ports].sort(
    (a, b) => scopes[a.scope] - scopes[b.scope] || a.port - b.port,
  );
  const milliseconds = Object.fromEntries(
    Object.entries(steps).map(([name, { milliseconds: each }]) => [name, each]),
  );
  return { ...evidence, ...judge(evidence, facts), exposure, milliseconds };
}

/** `LIST:PATH` of dpkg's file lists, for paths as find says them. */
function ownersOf(probe: Probe): Record<string, string> | null {
  const [manager, ...lines] = probe.section("owners").filter(Boolean);
  if (manager === undefined) return null;
  const owners: [string, string][] = lines.flatMap((line) => {
    const [, name, path] =
      /^(?:\/var\/lib\/dpkg\/info\/)?([^/:]+?)(?::[^/:]+)?(?:\.list)?:(\/.*)$/.exec(line) ?? [];
    if (name === undefined || path === undefined) return [];
    return [[path, name], ...(path.startsWith("/usr/") ? [] : [[`/usr${path}`, name] as [string, string]])];
  });
  return Object.fromEntries(owners);
}
