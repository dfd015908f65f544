import { createHash } from "node:crypto";

/** What a user writes for a service. Times are seconds, sizes bytes; see `resolveSpec` for the defaults. */
export interface ServiceInputs {
  /** Program and arguments, or a Node program of one file, which is kept with the service. */
  command: string[] | NodeProgram;
  environment?: Record<string, string>;
  secretEnvironment?: Record<string, string>;
  workingDirectory?: string;
  port?: number;
  healthCheck?: HealthCheckInputs;
  restart?: RestartInputs;
  log?: LogInputs;
  stopGraceSeconds?: number;
}

export interface NodeProgram {
  /** File name; its extension tells Node the kind of module. */
  name: string;
  text: string;
  arguments?: string[];
}

export interface HealthCheckInputs {
  /** Path that must answer with a status below 400. Default: the port must accept a connection. */
  path?: string;
  intervalSeconds?: number;
  timeoutSeconds?: number;
  healthyAfter?: number;
  unhealthyAfter?: number;
}

export type RestartPolicy = "always" | "on-failure" | "never";

export interface RestartInputs {
  policy?: RestartPolicy;
  backoffSeconds?: number;
  maxPerMinute?: number;
}

export interface LogInputs {
  maxBytes?: number;
  keep?: number;
}

/** The settings that a running process can take over without being started again. */
export interface ServiceSettings {
  /** Without one, a service counts as healthy when it has stayed up for a second. */
  healthCheck?: { path?: string } & Required<Omit<HealthCheckInputs, "path">>;
  restart: Required<RestartInputs>;
  log: Required<LogInputs>;
  stopGraceSeconds: number;
}

/** Inputs of which a change needs a new process. */
export const processInputs = [
  "command",
  "environment",
  "secretEnvironment",
  "workingDirectory",
  "port",
] as const;

/** Fills in the defaults of everything that is not part of the process itself. */
export function resolveSettings(inputs: ServiceInputs): ServiceSettings {
  const { healthCheck, restart, log } = inputs;
  return {
    ...(healthCheck && {
      healthCheck: {
        ...(healthCheck.path !== undefined && { path: healthCheck.path }),
        intervalSeconds: healthCheck.intervalSeconds ?? 5,
        timeoutSeconds: healthCheck.timeoutSeconds ?? 2,
        healthyAfter: healthCheck.healthyAfter ?? 1,
        unhealthyAfter: healthCheck.unhealthyAfter ?? 3,
      },
    }),
    restart: {
      policy: restart?.policy ?? "always",
      backoffSeconds: restart?.backoffSeconds ?? 0.5,
      maxPerMinute: restart?.maxPerMinute ?? 10,
    },
    log: { maxBytes: log?.maxBytes ?? 10_000_000, keep: log?.keep ?? 3 },
    stopGraceSeconds: inputs.stopGraceSeconds ?? 10,
  };
}

/** Fingerprint of what the process is: its command, environments, folder and port. */
export function hashCommand(inputs: ServiceInputs): string {
  const parts = processInputs.map((name) => inputs[name] ?? null);
  return createHash("sha256").update(canonical(parts)).digest("hex");
}

/** The same spec always has the same text, whatever the order in which its keys were written. */
export function canonical(value: unknown): string {
  return JSON.stringify(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sortKeys(v)]));
}
