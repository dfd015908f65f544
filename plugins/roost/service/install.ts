import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { bootId } from "../../process/identity.ts";
import { reservePlace } from "./address.ts";
import { makeServicesFolder, reachableNode } from "./place.ts";
import { programPath } from "./process-plan.ts";
import { isReachable } from "./reach.ts";
import {
  readRecord,
  readSecrets,
  type ServicePaths,
  type ServiceRecord,
  writeDurably,
  writeJson,
} from "./record.ts";
import { releaseAll } from "./reservation.ts";
import { hashCommand, type ServiceInputs } from "./spec.ts";
import { reserveUser, type UserRange } from "./user.ts";

/**
 * Puts all that a service needs into its folder, the record last: from then on it is wanted. Starts nothing.
 * What was there before is replaced, its place and user stay. To be called with the service stopped.
 * @param users whence its user is taken. Default: a range far from all others
 */
export async function installService(
  dataFolder: string,
  paths: ServicePaths,
  identity: { id: string; urn: string },
  inputs: ServiceInputs,
  users?: UserRange,
): Promise<ServiceRecord> {
  const { id, urn } = identity;
  const { secretEnvironment, ...open } = inputs;
  const before = readRecord(paths);
  makeServicesFolder(dataFolder);
  const uid = before ? before.uid : reserveUser(dataFolder, id, users);
  if (uid !== undefined) refuseClosedFolder(inputs.workingDirectory);
  const place = await reservePlace(dataFolder, id, inputs.port, before);
  const record: ServiceRecord = {
    format: 1,
    id,
    urn,
    wanted: "running",
    inputs: open,
    commandHash: hashCommand(inputs),
    address: place.address,
    port: place.port,
    logPath: paths.log,
    bootId: bootId(),
    node: uid === undefined ? process.execPath : reachableNode(dataFolder),
    ...(uid !== undefined && { uid }),
  };
  makeFolders(paths, uid);
  writeProgram(record, paths);
  writeJson(paths.secrets, secretEnvironment ?? {});
  rmSync(paths.status, { force: true });
  writeJson(paths.record, record);
  removeOldPrograms(paths, [record, before]);
  return record;
}

/** Only the service's own user may pass through its folder, and only to its program and home. */
function makeFolders(paths: ServicePaths, uid: number | undefined): void {
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  mkdirSync(paths.logFolder, { recursive: true, mode: 0o700 });
  makeOpenFolder(paths.programFolder);
  mkdirSync(paths.home, { recursive: true, mode: 0o700 });
  if (uid === undefined) return;
  chownSync(paths.folder, 0, uid);
  chmodSync(paths.folder, 0o710);
  chownSync(paths.home, uid, uid);
}

function makeOpenFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

function writeProgram(record: ServiceRecord, paths: ServicePaths): void {
  const { command } = record.inputs;
  if (Array.isArray(command)) return;
  const path = programPath(record, paths, command.name);
  makeOpenFolder(dirname(path));
  writeDurably(path, command.text, 0o644);
}

/** A version back is kept: it is needed when the new one turns out not to start. */
function removeOldPrograms(paths: ServicePaths, keep: (ServiceRecord | undefined)[]): void {
  const kept = keep.map((record) => record?.commandHash.slice(0, 12));
  for (const name of readdirSync(paths.programFolder)) {
    if (!kept.includes(name)) rmSync(join(paths.programFolder, name), { recursive: true, force: true });
  }
}

/** A process that is started there would see what its user cannot reach otherwise. */
function refuseClosedFolder(folder: string | undefined): void {
  if (folder === undefined || isReachable(folder)) return;
  throw new Error(`workingDirectory ${folder} is closed to the user that the service runs as`);
}

/** What is needed to bring a service back as it was: its record and its secrets. */
export function snapshotOf(paths: ServicePaths): (() => void) | undefined {
  const record = readRecord(paths);
  const secrets = readSecrets(paths);
  if (record === undefined) return undefined;
  return () => {
    writeJson(paths.secrets, secrets);
    rmSync(paths.status, { force: true });
    writeJson(paths.record, record);
  };
}

/** Removes the folder and all reservations of a service that is stopped. Safe to repeat. */
export function removeService(dataFolder: string, id: string, paths: ServicePaths): void {
  // The record goes last: as long as it is there, the service can be found and removed again.
  for (const path of existsSync(paths.folder) ? readdirSync(paths.folder) : []) {
    if (path !== "record.json") rmSync(join(paths.folder, path), { recursive: true, force: true });
  }
  releaseAll(dataFolder, id);
  rmSync(paths.folder, { recursive: true, force: true });
}
