import type { Facts } from "../facts/index.ts";
import { type Conffile, type ConffileMode, conffileOptions } from "./conffiles.ts";
import type { Installation, Simulation } from "./simulation.ts";
import { compareVersions, packagePattern, versionPattern } from "./versions.ts";

export interface WantedPackage {
  name: string;
  /** Default: the one that is installed. */
  version?: string;
  /** Stays at its version until the hold is taken away. Default: as it is. */
  hold?: boolean;
  /** This version is preferred whatever comes. Default: no pin. */
  pin?: boolean;
}

export interface ReinstallRequest {
  packages: WantedPackage[];
  configuration: ConffileMode;
}

/** What stands against a request, and where in it. */
export interface Fault {
  field: string;
  message: string;
}

/** What has to hold afterwards, or everything goes back. */
export type HealthCheck =
  | { kind: "version"; package: string; version: string }
  | { kind: "verify"; package: string }
  | { kind: "unit"; unit: string }
  | { kind: "port"; listen: string }
  | { kind: "config"; program: string; arguments: string[] };

export interface ReinstallPlan {
  /** Arguments of apt-get: all packages in one transaction. */
  arguments: string[];
  installs: Installation[];
  /** Files whose text changes; they are part of the undo record. */
  replaced: string[];
  restored: string[];
  /** Files to write: pins. */
  files: { path: string; mode: "0644"; text: string }[];
  holds: string[];
  unholds: string[];
  checks: HealthCheck[];
}

/** Programs that judge their own configuration. */
const configTests: readonly [program: RegExp, words: string[]][] = [
  [/\/nginx$/, ["-t", "-q"]],
  [/\/sshd$/, ["-t"]],
  [/\/apache2$/, ["-t"]],
  [/\/haproxy$/, ["-c", "-q", "-f", "/etc/haproxy/haproxy.cfg"]],
  [/\/named$/, ["-C"]],
];

/** Faults that need no host to be seen: names and versions by Debian's grammar, nothing twice. */
export function checkRequest({ packages }: ReinstallRequest): Fault[] {
  const seen = new Set<string>();
  return packages.flatMap(({ name, version, pin }, index) => {
    const field = `packages[${index}]`;
    const faults: Fault[] = [];
    if (!packagePattern.test(name))
      faults.push({ field: `${field}.name`, message: "is no name of a package" });
    if (seen.has(name)) faults.push({ field: `${field}.name`, message: "is named twice" });
    seen.add(name);
    if (version !== undefined && !versionPattern.test(version))
      faults.push({ field: `${field}.version`, message: "is no version of Debian's grammar" });
    if (pin && version === undefined)
      faults.push({ field: `${field}.pin`, message: "needs the version that is preferred" });
    return faults;
  });
}

/**
 * Arguments of apt-get, for the simulation (with `--simulate` in front) and for the transaction alike. Pure.
 * @param facts may be left out where every version is the installed one.
 */
export function aptArguments({ packages, configuration }: ReinstallRequest, facts?: Facts): string[] {
  const isOlder = packages.some(({ name, version }) => {
    const installed = facts && installedVersion(facts, name);
    return version !== undefined && installed !== undefined && compareVersions(version, installed) < 0;
  });
  return [
    "-y",
    "-q",
    "--no-remove",
    "--no-install-recommends",
    ...(isOlder ? ["--allow-downgrades"] : []),
    ...(packages.some(({ version }) => version !== undefined) ? ["--allow-change-held-packages"] : []),
    ...conffileOptions[configuration].map((option) => `-oDpkg::Options::=${option}`),
    "--reinstall",
    "install",
    "--",
    ...packages.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`)),
  ];
}

/** The plan, or what stands against it by what apt would really do. Pure. */
export function planReinstall(
  request: ReinstallRequest,
  facts: Facts,
  simulation: Simulation,
  conffiles: readonly Conffile[],
): { plan: ReinstallPlan } | { faults: Fault[] } {
  const unfit = checkRequest(request);
  const faults = unfit.length > 0 ? unfit : checkSimulation(request, simulation);
  if (faults.length > 0) return { faults };
  const names = new Set(simulation.installs.map(({ name }) => name));
  const own = conffiles.filter((file) => names.has(file.package) && request.configuration === "fresh");
  const paths = (state: Conffile["state"]) =>
    own.filter((file) => file.state === state).map(({ path }) => path);
  return {
    plan: {
      arguments: aptArguments(request, facts),
      installs: simulation.installs,
      replaced: paths("changed"),
      restored: paths("missing"),
      files: request.packages.flatMap((wanted) => pinFile(wanted)),
      holds: request.packages.filter(({ hold }) => hold === true).map(({ name }) => name),
      unholds: request.packages.filter(({ hold }) => hold === false).map(({ name }) => name),
      checks: healthChecks(names, simulation, facts),
    },
  };
}

function checkSimulation({ packages }: ReinstallRequest, { installs, removes }: Simulation): Fault[] {
  const faults: Fault[] = [];
  if (removes.length > 0) {
    const gone = removes.map(({ name }) => name).join(", ");
    faults.push({ field: "packages", message: `would remove ${gone}: a reinstallation removes nothing` });
  }
  for (const [index, { name, version }] of packages.entries()) {
    const field = `packages[${index}]`;
    const installation = installs.find((each) => each.name === name);
    if (!installation) faults.push({ field: `${field}.name`, message: "apt would not install it again" });
    else if (installation.from === null)
      faults.push({ field: `${field}.name`, message: "is not installed, so it cannot be installed again" });
    else if (version !== undefined && installation.to !== version)
      faults.push({ field: `${field}.version`, message: `apt would install ${installation.to} instead` });
    else if (version === undefined && installation.kind !== "reinstall")
      faults.push({
        field: `${field}.version`,
        message: `${installation.from} is no longer to be had: name a version, such as ${installation.to}`,
      });
  }
  return faults;
}

/** Over 1000: also where the preferred version is older. @see apt_preferences(5) */
function pinFile({ name, version, pin }: WantedPackage): ReinstallPlan["files"] {
  if (!pin || version === undefined) return [];
  const text = `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`;
  // apt reads no file whose name has other signs, or a dot but for its ending.
  const file = name.replaceAll(/[^a-z0-9-]/g, "_");
  return [{ path: `/etc/apt/preferences.d/60-roost-${file}.pref`, mode: "0644", text }];
}

/** What runs and listens of the packages, or needs them, before does so afterwards, and their programs like their configuration. */
function healthChecks(names: ReadonlySet<string>, { installs }: Simulation, facts: Facts): HealthCheck[] {
  const running = Object.entries(facts.software.applications).filter(
    ([, application]) => application.package !== null && isOf(application.package, names, facts),
  );
  const unique = (values: string[]) => [...new Set(values)].sort();
  return [
    ...installs.map(({ name, to }) => ({ kind: "version" as const, package: name, version: to })),
    ...[...names].map((name) => ({ kind: "verify" as const, package: name })),
    ...unique(running.flatMap(([, { units }]) => units)).map((unit) => ({ kind: "unit" as const, unit })),
    ...unique(running.flatMap(([, { listens }]) => listens)).map((listen) => ({
      kind: "port" as const,
      listen,
    })),
    ...running.flatMap(([program]) => {
      const words = configTests.find(([pattern]) => pattern.test(program))?.[1];
      return words ? [{ kind: "config" as const, program, arguments: words }] : [];
    }),
  ];
}

/** It is one of them, or needs one directly, as a program needs the package of its configuration. */
function isOf(name: string, names: ReadonlySet<string>, { software: { packages } }: Facts): boolean {
  const needed = packages[name]?.depends.flatMap((text) => text.split("|")) ?? [];
  return names.has(name) || needed.some((text) => names.has(/[a-z0-9+.-]+/.exec(text)?.[0] ?? ""));
}

function installedVersion({ software: { packages } }: Facts, name: string): string | undefined {
  const found = packages[name];
  return found?.installed ? found.version : undefined;
}
