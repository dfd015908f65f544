import type { Package } from "./packages.ts";
import { type Probe, record } from "./probe.ts";
import type { Process } from "./processes.ts";
import type { Port } from "./sockets.ts";

/** A program that runs, with what it came from. */
export interface Application {
  name: string;
  /** Null: no package owns the program. */
  package: string | null;
  version: string | null;
  /** Installed packages that its own needs, directly. */
  dependencies: string[];
  /** `tcp 127.0.0.1:5432`. */
  listens: string[];
  users: string[];
  units: string[];
  scripts: string[];
}

export interface Database {
  kind: string;
  version: string | null;
  program: string | null;
  listens: string[];
  dataFolders: string[];
}

export interface Runtime {
  kind: string;
  /** Paths and programs that tell of it. */
  evidence: string[];
  running: boolean;
  version: string | null;
}

/** Which names of programs are databases, and where they keep their data by default. */
const databases: [kind: string, program: RegExp, folder: RegExp | null][] = [
  ["postgresql", /\/(postgres|postmaster)$/, /^\/var\/lib\/(postgresql|pgsql)/],
  ["mysql", /\/mysqld$/, /^\/var\/lib\/mysql$/],
  ["mariadb", /\/mariadbd$/, /^\/var\/lib\/mysql$/],
  ["mongodb", /\/mongod$/, /^\/var\/lib\/mongo(db)?$/],
  ["redis", /\/(redis-server|valkey-server)$/, /^\/var\/lib\/redis$/],
  ["memcached", /\/memcached$/, null],
  ["influxdb", /\/influxd$/, null],
  ["clickhouse", /\/clickhouse-server$/, null],
  ["etcd", /\/etcd$/, null],
];

/** What tells that something can run containers: a socket or state that exists, a program that runs. */
const runtimes: [kind: string, path: RegExp, program: RegExp][] = [
  ["docker", /^(\/var)?\/run\/docker\.sock$|\/bin\/docker$/, /\/dockerd$/],
  ["podman", /^\/run\/podman\/|\/bin\/podman$/, /\/podman$/],
  ["containerd", /^\/run\/containerd\/|\/bin\/containerd$/, /\/containerd$/],
  ["cri-o", /^\/run\/crio\//, /\/crio$/],
  ["k3s", /^\/etc\/rancher\/k3s\/|^\/run\/k3s\/|\/bin\/k3s$/, /\/k3s$/],
  ["microk8s", /^\/var\/snap\/microk8s\//, /\/kubelite$/],
  ["kubernetes", /^\/var\/lib\/kubelet\/|^\/etc\/kubernetes\//, /\/kubelet$/],
  ["lxd", /lxd.*\.s(ock|ocket)$/, /\/lxd$/],
];

export interface Joined {
  applications: Record<string, Application>;
  databases: Record<string, Database>;
  runtimes: Record<string, Runtime>;
}

/** Process → program → package → dependencies. */
export function joinApplications(
  probe: Probe,
  from: {
    processes: Record<string, Process>;
    owners: Map<string, string>;
    packages: Record<string, Package>;
    ports: Port[];
    users: Record<string, { id: number | null }>;
  },
): Joined {
  const byProgram = new Map<string, Process[]>();
  for (const process of Object.values(from.processes)) {
    if (process.program !== null && process.container === null) push(byProgram, process.program, process);
  }
  const listens = new Map<string, string[]>();
  for (const { program, protocol, address, port } of from.ports) {
    const place = address.includes(":") ? `[${address}]` : address;
    if (program !== null) push(listens, program, `${protocol} ${place}:${port}`);
  }
  const names = new Map(Object.entries(from.users).map(([name, { id }]) => [id, name]));
  const byName = new Map(Object.values(from.packages).map((one) => [one.name, one]));
  const provided = providers(from.packages);
  const applications = [...byProgram].map(([program, all]): [string, Application] => {
    const owner = from.owners.get(program) ?? null;
    const origin = byName.get(owner ?? "");
    return [
      program,
      {
        name: program.slice(program.lastIndexOf("/") + 1),
        package: owner,
        version: origin?.version ?? null,
        dependencies: unique((origin?.depends ?? []).flatMap((need) => resolve(need, provided))),
        listens: unique(listens.get(program) ?? []),
        users: unique(all.flatMap(({ user }) => (user === null ? [] : [names.get(user) ?? String(user)]))),
        units: unique(all.flatMap(({ unit }) => (unit?.endsWith(".service") ? [unit] : []))),
        scripts: unique(all.flatMap(({ script }) => (script === null ? [] : [script]))),
      },
    ];
  });
  const all = record(applications);
  return {
    applications: all,
    databases: readDatabases(probe, all, from.packages),
    runtimes: readRuntimes(probe, all),
  };
}

function readDatabases(
  probe: Probe,
  applications: Record<string, Application>,
  packages: Record<string, Package>,
): Record<string, Database> {
  const present = probe.section("present");
  const versions = probe.things(/^(\/var\/lib\/(?:postgresql|pgsql)\/.+)\/PG_VERSION$/);
  const found = databases.flatMap(([kind, program, folder]): [string, Database][] => {
    const running = Object.entries(applications).find(([path]) => program.test(path));
    const folders = [
      ...[...versions.keys()].filter((path) => folder?.test(path)),
      ...present.filter((path) => folder?.test(path)),
    ];
    const server = new RegExp(`^${kind}(-server)?(-[\\d.]+)?$`);
    const named = Object.values(packages).find(({ name, installed }) => installed && server.test(name));
    if (!running && folders.length === 0 && !named) return [];
    const data = [...versions]
      .find(([path]) => folder?.test(path))?.[1]
      .get("")?.[0]
      ?.trim();
    const [path = null, application] = running ?? [];
    return [
      [
        kind,
        {
          kind,
          version: application?.version ?? named?.version ?? data ?? null,
          program: path,
          listens: application?.listens ?? [],
          dataFolders: unique(folders),
        },
      ],
    ];
  });
  return record(found);
}

function readRuntimes(probe: Probe, applications: Record<string, Application>): Record<string, Runtime> {
  const present = probe.section("present");
  return record(
    runtimes.flatMap(([kind, path, program]): [string, Runtime][] => {
      const running = Object.entries(applications).filter(([name]) => program.test(name));
      const evidence = unique([...present.filter((one) => path.test(one)), ...running.map(([name]) => name)]);
      if (evidence.length === 0) return [];
      return [
        [kind, { kind, evidence, running: running.length > 0, version: running[0]?.[1].version ?? null }],
      ];
    }),
  );
}

/** Installed packages by their names and by what else they provide. */
function providers(packages: Record<string, Package>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [key, { name, installed, provides }] of Object.entries(packages)) {
    if (!installed) continue;
    for (const each of [name, ...provides.map(plainName)]) push(found, each, key);
  }
  return found;
}

/** The first alternative of `a (>= 1) | b` that is installed. */
function resolve(need: string, provided: Map<string, string[]>): string[] {
  return (
    need
      .split("|")
      .map((part) => provided.get(plainName(part)))
      .find((names) => names !== undefined) ?? []
  );
}

function plainName(text: string): string {
  return text.trim().replace(/(?<!^)[\s(:<>=~].*$/, "");
}

function unique(values: string[]): string[] {
  return [...new Set(values)].sort();
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
