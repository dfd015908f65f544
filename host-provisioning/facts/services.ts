import { type Probe, record } from "./probe.ts";
import type { Process } from "./processes.ts";

export interface Service {
  manager: "systemd" | "openrc" | "sysv" | "supervisord";
  kind: "service" | "socket" | "timer";
  description: string | null;
  /** Starts with the machine. */
  enabled: boolean;
  /** Cannot be started at all. */
  masked: boolean;
  /** Has a process now; null: this manager leaves no trace of it in files. */
  running: boolean | null;
  user: string | null;
  program: string | null;
  listens: string[];
}

export interface ServiceFacts {
  manager: "systemd" | "openrc" | "sysv" | "none";
  services: Record<string, Service>;
}

export function readServices(probe: Probe, processes: Record<string, Process>): ServiceFacts {
  const present = new Set(probe.section("present"));
  const links = probe.section("links");
  const manager = present.has("/run/systemd/system")
    ? "systemd"
    : present.has("/run/openrc")
      ? "openrc"
      : present.has("/etc/init.d")
        ? "sysv"
        : "none";
  return {
    manager,
    services: record([
      ...readScripts(links),
      ...readUnits(probe, links, processes),
      ...readSupervisor(probe, processes),
    ]),
  };
}

/** @see systemd.unit(5): a file under /etc wins over one under /run, and that over the package's own. */
function readUnits(probe: Probe, links: string[], processes: Record<string, Process>): [string, Service][] {
  const order = ["/usr/lib/", "/lib/", "/usr/local/lib/", "/run/", "/etc/"];
  const rank = (folder: string) => order.findIndex((prefix) => folder.startsWith(prefix));
  const pattern = /^(\/.*\/systemd\/system)\/([^/]+\.(?:service|socket|timer))$/;
  const units = new Map<string, { folder: string; lines: string[] }>();
  for (const [folder, files] of probe.things(pattern)) {
    for (const [name, lines] of files) {
      const before = units.get(name);
      if (!before || rank(folder) >= rank(before.folder)) units.set(name, { folder, lines });
    }
  }
  const masked = new Set(links.filter((line) => line.startsWith("masked:")).map(baseName));
  const enabled = withTemplates(links.filter((line) => line.includes(".wants/")).map(baseName));
  const running = withTemplates(Object.values(processes).flatMap(({ unit }) => unit ?? []));
  const names = new Set([...units.keys(), ...masked]);
  return [...names].map((name) => {
    const values = (key: string) =>
      (units.get(name)?.lines ?? [])
        .filter((line) => line.startsWith(`${key}=`))
        .map((line) => line.slice(key.length + 1).trim());
    const kind = name.slice(name.lastIndexOf(".") + 1) as Service["kind"];
    return [
      name,
      {
        manager: "systemd" as const,
        kind,
        description: values("Description")[0] ?? null,
        enabled: enabled.has(name),
        masked: masked.has(name),
        running: kind === "service" ? running.has(name) : null,
        user: values("User")[0] ?? null,
        program: programOf(values("ExecStart")[0]),
        listens: values("ListenStream").filter(Boolean),
      },
    ];
  });
}

/** Names of units, and of the templates that they are instances of: `getty@.service` for `getty@tty1.service`. */
function withTemplates(names: string[]): Set<string> {
  return new Set(names.flatMap((name) => [name, name.replace(/@.+(\.\w+)$/, "@$1")]));
}

function readScripts(links: string[]): [string, Service][] {
  const names = links.filter((line) => line.startsWith("/etc/init.d/")).map(baseName);
  const levels = links.filter((line) => line.startsWith("/etc/runlevels/")).map(baseName);
  const started = new Set(links.filter((line) => line.startsWith("/run/openrc/started/")).map(baseName));
  const sysv = links.map((line) => /^\/etc\/rc[S2345]\.d\/S\d+(.+)$/.exec(line)?.[1]);
  const enabled = new Set([...levels, ...sysv]);
  const isOpenrc = levels.length > 0 || started.size > 0;
  return names
    .filter((name) => !["README", "functions.sh", "skeleton"].includes(name))
    .map((name) => [
      name,
      {
        manager: isOpenrc ? "openrc" : "sysv",
        kind: "service",
        description: null,
        enabled: enabled.has(name),
        masked: false,
        running: isOpenrc ? started.has(name) : null,
        user: null,
        program: `/etc/init.d/${name}`,
        listens: [],
      },
    ]);
}

/** @see http://supervisord.org/configuration.html, [program:x] */
function readSupervisor(probe: Probe, processes: Record<string, Process>): [string, Service][] {
  const found: [string, Service][] = [];
  const running = new Set(
    Object.values(processes).flatMap(({ program, script, name }) => [program, script, name]),
  );
  for (const [path] of probe.things(/^(\/etc\/supervisor.*\.(?:conf|ini))$/)) {
    let current: Service | undefined;
    for (const line of probe.lines(path)) {
      const [, name] = /^\[program:([^\]]+)\]/.exec(line) ?? [];
      if (name !== undefined) {
        current = {
          manager: "supervisord",
          kind: "service",
          description: null,
          enabled: true,
          masked: false,
          running: null,
          user: null,
          program: null,
          listens: [],
        };
        found.push([`supervisord:${name}`, current]);
      }
      const [, command] = /^command\s*=\s*(.*)$/.exec(line) ?? [];
      if (current && command !== undefined) {
        current.program = programOf(command);
        current.running = running.has(current.program);
      }
    }
  }
  return found;
}

/** The program of a command line without its arguments, which may hold secrets. */
function programOf(command: string | undefined): string | null {
  return command?.replace(/^[-@:+!|]+/, "").split(/\s/)[0] || null;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
