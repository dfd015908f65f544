import type { z } from "zod";
import { azureSiteConfig } from "./azure-site/config.ts";
import { isSecretField } from "./fields.ts";
import { helloConfig } from "./hello/config.ts";
import { hostConfig } from "./host/config.ts";
import { keycloakConfig } from "./keycloak/config.ts";
import { moduleHostingConfig } from "./module-hosting/config.ts";
import { monitoringConfig } from "./monitoring/config.ts";
import { platformConfig } from "./platform/config.ts";
import { sessionShardConfig } from "./session-shard/config.ts";
import { sessionsConfig } from "./sessions/config.ts";
import { staticSiteConfig } from "./static-site/config.ts";
import { webServiceConfig } from "./web-service/config.ts";

/** What a program returns becomes the stack's outputs. */
export type Outputs = Record<string, unknown>;

export interface Builtin {
  description: string;
  /** Checked without running anything; a field made with `secretText` must be given as a secret, no other may. */
  config: z.ZodObject;
  /** True: updates of a stack follow each other soon, so what the next one needs is started ahead. */
  isFrequent?: true;
  /** Loads the program itself, and with it Pulumi's SDK, only when it is to run. */
  load(): Promise<(config: never) => Promise<Outputs>>;
}

/** Programs by name: what a module that adds to ours exports as `builtins`. */
export type Builtins = Record<string, Builtin>;

/** The programs that come with Roost, by name. */
export const builtins: Builtins = {
  hello: {
    description: "A small web service on this machine, in some replicas",
    config: helloConfig,
    load: async () => (await import("./hello/program.ts")).program,
  },
  "web-service": {
    description: "A web service on AWS: network, load balancer, Fargate, PostgreSQL, CDN, firewall, alarms",
    config: webServiceConfig,
    load: async () => (await import("./web-service/program.ts")).program,
  },
  "static-site": {
    description: "A web site of files on S3 and CloudFront",
    config: staticSiteConfig,
    load: async () => (await import("./static-site/program.ts")).program,
  },
  "azure-site": {
    description: "A web site of files on Azure Blob Storage and Front Door",
    config: azureSiteConfig,
    load: async () => (await import("./azure-site/program.ts")).program,
  },
  "module-hosting": {
    description: "Microfrontend modules on S3 and CloudFront, on Azure Blob Storage and Front Door, or both",
    config: moduleHostingConfig,
    load: async () => (await import("./module-hosting/program.ts")).program,
  },
  sessions: {
    description: "What users' sessions on ECS Fargate are started from: network, cluster, templates, roles",
    config: sessionsConfig,
    load: async () => (await import("./sessions/program.ts")).program,
  },
  keycloak: {
    description: "Keycloak on ECS Fargate: one realm, a database, doors for users and for administrators",
    config: keycloakConfig,
    load: async () => (await import("./keycloak/program.ts")).program,
  },
  platform: {
    description: "Roost itself on ECS Fargate: API, workers, PostgreSQL, Keycloak, alarms",
    config: platformConfig,
    load: async () => (await import("./platform/program.ts")).program,
  },
  host: {
    description: "One change of one host of the inventory; the platform alone deploys it",
    config: hostConfig,
    load: async () => (await import("./host/program.ts")).program,
  },
  monitoring: {
    description: "Prometheus, Grafana and Alertmanager on Kubernetes",
    config: monitoringConfig,
    load: async () => (await import("./monitoring/program.ts")).program,
  },
  "session-shard": {
    description: "A shard of a template's sessions; the server writes its configuration",
    config: sessionShardConfig,
    isFrequent: true,
    load: async () => (await import("./session-shard/program.ts")).program,
  },
};

export interface ConfigFault {
  /** Path of the value, such as `replicas`; "program" when there is no such program. */
  field: string;
  reason: string;
}

export type CheckedConfig = { config: Record<string, unknown> } | { faults: ConfigFault[] };

/**
 * Judges a builtin's name and configuration without running it, and names all faults at once.
 * @param values by key without namespace; numbers may be given as texts
 * @param secretKeys keys of `values` that are kept as secrets
 * @param known default: the programs that come with Roost
 */
export function checkConfig(
  name: string,
  values: Record<string, unknown>,
  secretKeys: Iterable<string>,
  known: Builtins = builtins,
): CheckedConfig {
  const builtin = Object.hasOwn(known, name) ? known[name] : undefined;
  if (builtin === undefined) {
    const names = Object.keys(known).join(", ");
    return {
      faults: [{ field: "program", reason: `there is no builtin program "${name}"; there is: ${names}` }],
    };
  }
  const secrets = new Set(secretKeys);
  const misplaced = Object.entries(builtin.config.shape).flatMap(([field, schema]) =>
    values[field] === undefined ? [] : misplacement(field, schema as z.ZodType, secrets.has(field)),
  );
  const parsed = builtin.config.safeParse(values);
  const faults = [...(parsed.success ? [] : parsed.error.issues.flatMap(toFaults)), ...misplaced];
  return parsed.success && faults.length === 0 ? { config: parsed.data } : { faults };
}

function misplacement(field: string, schema: z.ZodType, isSecret: boolean): ConfigFault[] {
  if (isSecretField(schema) === isSecret) return [];
  const reason = isSecret
    ? "is shown by this program, so it cannot be a secret"
    : "must be given as a secret";
  return [{ field, reason }];
}

function toFaults(issue: z.core.$ZodIssue): ConfigFault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((field) => ({ field, reason: "is not known to this program" }));
  }
  return [{ field: issue.path.join("."), reason: issue.message }];
}

/** All faults as one text, a line for each. */
export function describeFaults(name: string, faults: ConfigFault[]): string {
  return [
    `The configuration of "${name}" is not right:`,
    ...faults.map((each) => `  ${each.field}: ${each.reason}`),
  ].join("\n");
}
