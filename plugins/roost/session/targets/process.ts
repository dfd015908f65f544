import { existsSync, readdirSync } from "node:fs";
import { startSupervisor, stopService } from "../../service/control.ts";
import { installService, removeService } from "../../service/install.ts";
import { lastLines } from "../../service/log.ts";
import { outputsOf } from "../../service/outputs.ts";
import { servicesFolder } from "../../service/place.ts";
import {
  readRecord,
  readStatus,
  type ServiceRecord,
  type ServiceStatus,
  servicePaths,
} from "../../service/record.ts";
import { listReserved } from "../../service/reservation.ts";
import type { ServiceInputs } from "../../service/spec.ts";
import { reasonToShareUser, type UserRange } from "../../service/user.ts";
import { reasonWithoutFirewall } from "../firewall/nft.ts";
import { type Endpoint, processTable, type SessionUser } from "../firewall/plan.ts";
import { readReach } from "../firewall/reach.ts";
import { FirewallTable } from "../firewall/table.ts";
import { installationOf } from "../installation.ts";
import type { SessionTarget, StartIntent, TargetSession } from "../target.ts";

const stopGraceSeconds = 5;
/** No service of a stack is named so: theirs end in a dash and twelve digits. */
const folderName = /^ses-[0-9a-z]{26}$/;

export interface ProcessOptions {
  /** What sessions may reach beside the internet and their own address, for example `10.1.0.0/16`. Default: nothing. */
  reach?: readonly Endpoint[];
  /** Whence users of sessions are taken. Default: as those of services. */
  users?: UserRange;
}

/**
 * Sessions as processes of this machine, each under the supervisor of local services: with a loopback address of its
 * own, and as root with a user of its own, whom rules of the kernel's firewall keep from all other addresses here. It ends when its program does, and is not started again.
 */
export function processTarget(dataFolder: string, { reach = [], users }: ProcessOptions = {}): SessionTarget {
  let place: string | undefined;
  const exposed = () => reasonToShareUser(dataFolder) ?? reasonWithoutFirewall();
  const firewall = new FirewallTable({
    dataFolder,
    kind: "processes",
    rules(name) {
      const sessions = usersOf(dataFolder);
      return sessions.length > 0 ? processTable(name, sessions, readReach(dataFolder, reach)) : undefined;
    },
  });
  const pathsOf = (id: string) => servicePaths(dataFolder, id.replace("_", "-"));

  async function start({ id, urn, workload, secretEnvironment }: StartIntent): Promise<void> {
    const paths = pathsOf(id);
    // One that a start before this made, or began to make: its supervisor begins again what it finds.
    if (readRecord(paths) === undefined) {
      const name = id.replace("_", "-");
      const inputs = inputsOf({ id, urn, workload, secretEnvironment });
      const release = await stopService(paths);
      try {
        await installService(dataFolder, paths, { id: name, urn }, inputs, users);
      } catch (error) {
        removeService(dataFolder, name, paths);
        throw error;
      } finally {
        release();
      }
    }
    if (!exposed()) await firewall.apply();
    await startSupervisor(dataFolder, paths);
  }

  async function stop(id: string, signal: AbortSignal): Promise<void> {
    const paths = pathsOf(id);
    const release = await stopService(paths, signal);
    try {
      removeService(dataFolder, id.replace("_", "-"), paths);
    } finally {
      release();
    }
    // It is gone; rules that speak of it still harm nobody, and the next look takes them away.
    if (!exposed()) await firewall.apply().catch(() => undefined);
  }

  function look(id: string): TargetSession | undefined {
    const paths = pathsOf(id);
    const record = readRecord(paths);
    return record && describe(id, record, readStatus(paths));
  }

  return {
    get place() {
      place ??= `process ${installationOf(dataFolder)}`;
      return place;
    },
    get exposed() {
      return exposed();
    },
    async prepare() {
      if (!exposed() && usersOf(dataFolder).length > 0) await firewall.apply();
    },
    start,
    stop,
    find: async (id) => look(id),
    async list() {
      if (!exposed()) await firewall.keep();
      const folder = servicesFolder(dataFolder);
      const names = existsSync(folder) ? readdirSync(folder).filter((name) => folderName.test(name)) : [];
      return names.flatMap((name) => look(name.replace("-", "_")) ?? []);
    },
    lastLines: (id) => lastLines(pathsOf(id).log),
    logPath: (id) => pathsOf(id).log,
  };
}

/** From what was reserved before it was used: so there is no moment in which one runs and is not known. */
function usersOf(dataFolder: string): SessionUser[] {
  const uids = new Map([...listReserved(dataFolder, "users", folderName)].map(([uid, id]) => [id, uid]));
  return [...listReserved(dataFolder, "addresses", folderName)].flatMap(([address, id]) => {
    const uid = uids.get(id);
    return uid === undefined ? [] : { uid: Number(uid), address };
  });
}

/** The session of this machine that a creation of this URN made or began to make; its name is its id. */
export function lookUpSession(dataFolder: string, urn: string): { id: string } | undefined {
  const id = urn.split("::").at(-1) ?? "";
  if (!folderName.test(id.replace("_", "-"))) return undefined;
  return readRecord(servicePaths(dataFolder, id.replace("_", "-"))) && { id };
}

function inputsOf({ id, workload, secretEnvironment }: StartIntent): ServiceInputs {
  const { command, program, port, environment, healthPath } = workload;
  const shown = program ?? command;
  if (shown === undefined) throw new Error("The workload has neither a command nor a program.");
  return {
    command: shown,
    environment: { ...environment, SESSION_ID: id },
    secretEnvironment,
    ...(process.platform === "linux" && { port }),
    healthCheck: { ...(healthPath !== undefined && { path: healthPath }), unhealthyAfter: 100 },
    restart: { policy: "never" },
    stopGraceSeconds,
  };
}

/** Between the record and its supervisor's first word it is being started. */
function describe(id: string, record: ServiceRecord, status: ServiceStatus | undefined): TargetSession {
  const { address, port } = record;
  const place = { id, address, port };
  if (outputsOf(record, status).state === "running") return { ...place, state: "ready" };
  const isOver = status?.state === "failed" || status?.state === "stopped";
  if (!isOver) return { ...place, state: "starting" };
  return { ...place, state: "ended", reason: `It ended: ${status.reason ?? "no reason is known"}.` };
}
