import { createHash } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ProcessIdentity } from "../../process/identity.ts";
import { servicesFolder } from "./place.ts";
import type { ServiceInputs } from "./spec.ts";

/** What is wanted of a service: written before anything is started, by whoever wants it. */
export interface ServiceRecord {
  format: 1;
  id: string;
  urn: string;
  wanted: "running" | "stopped";
  /** The inputs as they were given, less `secretEnvironment`, which has a file of its own. */
  inputs: Omit<ServiceInputs, "secretEnvironment">;
  commandHash: string;
  address: string;
  port: number;
  /** Absolute; of the log's newest part. */
  logPath: string;
  /** The boot under which it was last wanted to start. */
  bootId: string;
  /** The Node that runs a program file. */
  node?: string;
  /** The unprivileged user of the service, when a superuser starts it. */
  uid?: number;
}

export type ServiceState = "starting" | "running" | "unhealthy" | "restarting" | "failed" | "stopped";

/** What the supervisor says of itself and its service; written by nobody else. */
export interface ServiceStatus {
  state: ServiceState;
  supervisor: ProcessIdentity;
  guard?: ProcessIdentity;
  service?: ProcessIdentity;
  /** How often the process was started again since its supervisor began. */
  restarts: number;
  /** Why it is not running, for a person. */
  reason?: string;
}

/** The files of one service below the data folder. */
export interface ServicePaths {
  folder: string;
  record: string;
  secrets: string;
  status: string;
  lock: string;
  logFolder: string;
  log: string;
  /** The service's own folder: home, temporary files, default working folder. */
  home: string;
  /** Holds the program file, when the command is one. */
  programFolder: string;
  /** What a supervisor printed that could not start. */
  supervisorLog: string;
}

/** The same URN always has the same id, so that a creation that was interrupted can be found again. */
export function serviceId(urn: string): string {
  const name = urn.split("::").at(-1) ?? "";
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${readable || "service"}-${createHash("sha256").update(urn).digest("hex").slice(0, 12)}`;
}

/** @throws when the id could lead out of the data folder */
export function servicePaths(dataFolder: string, id: string): ServicePaths {
  if (!/^[a-z0-9][a-z0-9-]{0,80}$/.test(id)) throw new Error(`"${id}" is not the id of a service`);
  return pathsIn(join(servicesFolder(dataFolder), id));
}

export function pathsIn(folder: string): ServicePaths {
  return {
    folder,
    record: join(folder, "record.json"),
    secrets: join(folder, "secrets.json"),
    status: join(folder, "status.json"),
    lock: join(folder, "lock"),
    logFolder: join(folder, "log"),
    log: join(folder, "log", "service.log"),
    home: join(folder, "home"),
    programFolder: join(folder, "program"),
    supervisorLog: join(folder, "supervisor.log"),
  };
}

export function readRecord(paths: ServicePaths): ServiceRecord | undefined {
  return readJson<ServiceRecord>(paths.record);
}

export function readStatus(paths: ServicePaths): ServiceStatus | undefined {
  return readJson<ServiceStatus>(paths.status);
}

export function readSecrets(paths: ServicePaths): Record<string, string> {
  return readJson<Record<string, string>>(paths.secrets) ?? {};
}

/** Replaces a file in one step. */
export function writeStatus(paths: ServicePaths, status: ServiceStatus): void {
  const draft = `${paths.status}.draft`;
  writeFileSync(draft, JSON.stringify(status, null, 2), { mode: 0o600 });
  renameSync(draft, paths.status);
}

/** Replaces a file in one step and makes sure that it outlives a power cut. Only its owner may read it. */
export function writeJson(path: string, value: unknown): void {
  writeDurably(path, `${JSON.stringify(value, null, 2)}\n`);
}

export function writeDurably(path: string, content: string | Buffer, mode = 0o600): void {
  const draft = `${path}.${process.pid}.draft`;
  const file = openSync(draft, "w", mode);
  try {
    writeFileSync(file, content);
    // Whatever this process's mask is.
    fchmodSync(file, mode);
    fsyncSync(file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}
