// Which settings the server has: TLS always, logs of who comes and what is slow, then what is asked.

import type { Fault } from "../faults.ts";
import type { PostgresParameterArgs } from "./args.ts";

/** Majors that RDS runs, the oldest of them for extended support. */
export const MAJOR_VERSIONS = ["13", "14", "15", "16", "17", "18"];

/** Refuses connections without TLS. */
const FORCE_TLS = "rds.force_ssl";
const LOGICAL_REPLICATION = "rds.logical_replication";

/**
 * Statements are logged when they are slow, not all of them: `log_statement` would write the passwords of
 * `ALTER USER` into the log.
 */
const DEFAULTS: Record<string, PostgresParameterArgs> = {
  log_connections: { value: "1" },
  log_disconnections: { value: "1" },
  log_lock_waits: { value: "1" },
  // Milliseconds.
  log_min_duration_statement: { value: "1000" },
  // Ends what holds locks and does nothing; milliseconds.
  idle_in_transaction_session_timeout: { value: "600000" },
};

export interface PlannedParameter {
  name: string;
  value: string;
  applyMethod: string;
}

/** "17.6" → "17". */
export function majorOf(version: string): string {
  return version.split(".")[0]!;
}

/** The settings of a checked database, by name. */
export function planParameters(
  parameters: Record<string, PostgresParameterArgs> = {},
  logicalReplication = false,
): PlannedParameter[] {
  const all: Record<string, PostgresParameterArgs> = {
    ...DEFAULTS,
    ...parameters,
    [FORCE_TLS]: { value: "1" },
    ...(logicalReplication && { [LOGICAL_REPLICATION]: { value: "1", afterRestart: true } }),
  };
  return Object.entries(all)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { value, afterRestart = false }]) => ({
      name,
      value,
      applyMethod: afterRestart ? "pending-reboot" : "immediate",
    }));
}

export function checkParameters(parameters: Record<string, PostgresParameterArgs>): Fault[] {
  return Object.keys(parameters).flatMap((name) => {
    const field = `parameters.${name}`;
    if (name === FORCE_TLS) return [{ field, value: name, allowed: "nothing: TLS is always forced" }];
    if (name === LOGICAL_REPLICATION) return [{ field, value: name, allowed: "logicalReplication instead" }];
    return /^[a-z_]+(\.[a-z_]+)?$/.test(name)
      ? []
      : [{ field, value: name, allowed: "the name of a parameter, such as work_mem" }];
  });
}
