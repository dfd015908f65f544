import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { type Fault, RoostError } from "./errors.ts";
import { type Environment, settingsSchema } from "./settings.ts";

/** Variables whose values are taken out of the process's environment after reading. */
const secretNames = [
  "ROOST_MASTER_KEY",
  "ROOST_ADMIN_TOKEN",
  "ROOST_TLS_KEY_PASSWORD",
  "ROOST_SYNC_LOGIN",
  "ROOST_OIDC_CLIENT_SECRET",
  "DATABASE_URL",
] as const;

/** Read by the `roost` client and by the toolchain, not by the server. */
const foreignNames = ["ROOST_URL", "ROOST_TOKEN", "ROOST_CACHE_DIR"];

/** Settings of the server, checked. */
export interface Settings extends Omit<Environment, "ROOST_DATA_DIR"> {
  ROOST_DATA_DIR: string;
}

/**
 * Reads and checks the settings, and drops the secret ones from `environment`.
 * @param projectFolder where `.roost` goes by default.
 * @throws invalid with every fault at once.
 */
export function readSettings(projectFolder: string, environment: NodeJS.ProcessEnv = process.env): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => value !== undefined && value !== "" && isOurs(name),
    ),
  );
  const parsed = settingsSchema.safeParse(given);
  const faults: Fault[] = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => faultsOf(issue, given));
  const merged = parsed.success ? parsed.data : ({} as Environment);
  readSecretFiles(merged, faults);
  if (parsed.success) faults.push(...crossFaults(merged));
  if (faults.length > 0) {
    const lines = faults.map((fault) => `  ${fault.field}: ${fault.message}`);
    throw new RoostError("invalid", `The settings have ${faults.length} fault(s):\n${lines.join("\n")}`, {
      faults,
    });
  }
  for (const name of secretNames) delete environment[name];
  return {
    ...merged,
    ROOST_DATA_DIR: path.resolve(expandHome(merged.ROOST_DATA_DIR ?? path.join(projectFolder, ".roost"))),
  };
}

/** Rows of the settings table: name, default, meaning. */
export function describeSettings(): { name: string; default: string; meaning: string }[] {
  return Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const fallback = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
    return {
      name,
      default: fallback === undefined ? "" : String(fallback),
      meaning: schema.description ?? "",
    };
  });
}

function isOurs(name: string): boolean {
  return (name.startsWith("ROOST_") && !foreignNames.includes(name)) || name === "DATABASE_URL";
}

function faultsOf(issue: z.core.$ZodIssue, given: Record<string, unknown>): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: key,
      message: "is not a setting of Roost (see docs/settings.md)",
    }));
  }
  const field = String(issue.path[0]);
  const secret = (secretNames as readonly string[]).includes(field);
  const value = secret ? "" : ` (given: ${JSON.stringify(given[field])})`;
  return [{ field, message: `${issue.message}${value}` }];
}

function readSecretFiles(settings: Environment, faults: Fault[]): void {
  for (const name of ["ROOST_MASTER_KEY", "ROOST_ADMIN_TOKEN", "ROOST_OIDC_CLIENT_SECRET"] as const) {
    const file = settings[`${name}_FILE`];
    if (!file) continue;
    if (settings[name]) {
      faults.push({ field: name, message: `give it or ${name}_FILE, not both` });
      continue;
    }
    try {
      settings[name] = readFileSync(expandHome(file), "utf8").trim();
    } catch (error) {
      faults.push({
        field: `${name}_FILE`,
        message: `cannot be read: ${(error as NodeJS.ErrnoException).code}`,
      });
      continue;
    }
    const checked = settingsSchema.shape[name].safeParse(settings[name]);
    if (!checked.success) {
      faults.push({ field: `${name}_FILE`, message: checked.error.issues[0]?.message ?? "has a bad value" });
    }
  }
}

function crossFaults(settings: Environment): Fault[] {
  const faults: Fault[] = [];
  if (!!settings.ROOST_TLS_CERT !== !!settings.ROOST_TLS_KEY) {
    faults.push({
      field: settings.ROOST_TLS_CERT ? "ROOST_TLS_KEY" : "ROOST_TLS_CERT",
      message: "a certificate and a key go together",
    });
  }
  if (!isLoopback(settings.ROOST_HOST) && !settings.ROOST_TLS_CERT && !settings.ROOST_BEHIND_PROXY) {
    faults.push({
      field: "ROOST_HOST",
      message: `${settings.ROOST_HOST} can be reached from other machines, where tokens must not travel in clear: give ROOST_TLS_CERT and ROOST_TLS_KEY, or ROOST_BEHIND_PROXY=1 when a proxy in front ends TLS`,
    });
  }
  faults.push(...oidcFaults(settings));
  if (settings.ROOST_DEATH_MS < 2 * settings.ROOST_HEARTBEAT_MS) {
    faults.push({ field: "ROOST_DEATH_MS", message: "must be at least twice ROOST_HEARTBEAT_MS" });
  }
  return faults;
}

function oidcFaults({ ROOST_OIDC_ISSUER: issuer, ROOST_OIDC_CLIENT_ID: client }: Environment): Fault[] {
  if (issuer === undefined) return [];
  const { protocol, hostname, search, hash } = new URL(issuer);
  const field = "ROOST_OIDC_ISSUER";
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  return [
    ...(client ? [] : [{ field: "ROOST_OIDC_CLIENT_ID", message: "goes with ROOST_OIDC_ISSUER" }]),
    ...(isSafe ? [] : [{ field, message: "must be https, but on this machine: keys come from there" }]),
    ...(search || hash ? [{ field, message: "has no query and no fragment" }] : []),
  ];
}

/** Loopback by name or address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function expandHome(file: string): string {
  return file.startsWith("~/") ? path.join(homedir(), file.slice(2)) : file;
}
