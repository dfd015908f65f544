import { join } from "node:path";
import { baseEnvironment } from "../../process/environment.ts";
import { markOf } from "./leftovers.ts";
import type { ServicePaths, ServiceRecord } from "./record.ts";
import { asUser } from "./user.ts";

export interface ProcessPlan {
  command: string[];
  cwd: string;
  env: Record<string, string>;
}

/**
 * What is started for a service.
 * @param node path of the Node that runs a program file
 */
export function planProcess(
  record: ServiceRecord,
  paths: ServicePaths,
  secrets: Record<string, string>,
  node: string,
): ProcessPlan {
  const { command, environment, workingDirectory } = record.inputs;
  const words = Array.isArray(command)
    ? command
    : [node, programPath(record, paths, command.name), ...(command.arguments ?? [])];
  const own = {
    HOME: paths.home,
    TMPDIR: paths.home,
    HOST: record.address,
    PORT: String(record.port),
    ...(record.uid !== undefined && { USER: undefined, LOGNAME: undefined, SHELL: undefined }),
  };
  return {
    command: asUser(record.uid, words),
    cwd: workingDirectory ?? paths.home,
    env: { ...baseEnvironment({ ...own, ...environment, ...secrets }), ...markOf(paths.folder) },
  };
}

/** Each version of a program has a folder of its own, so that the version before it can come back. */
export function programPath(record: ServiceRecord, paths: ServicePaths, name: string): string {
  return join(paths.programFolder, record.commandHash.slice(0, 12), name);
}
