import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { HeldLogin } from "../../plugins/command/index.ts";
import type { Estimate, PriceTable } from "../../policies/index.ts";
import type { PackSource, ProgramSource } from "../programs/contract.ts";
import type { ForcedPolicies, OwnPack } from "../projects/contract.ts";

export type Operation = "preview" | "update" | "refresh" | "destroy";

/** A configuration value as the engine's own file holds it: plain, or ciphertext of the stack's key. */
export type ConfigValue = { value: string; object?: boolean } | { secure: string; object?: boolean };

export interface OperationOptions {
  targets?: string[];
  replace?: string[];
  /** Operations on resources at once. */
  parallel?: number;
  refreshFirst?: boolean;
  continueOnError?: boolean;
}

/** A policy pack of the project: local files, and what is set for it. */
export type JobPack = Pick<OwnPack, "name" | "level" | "settings"> & {
  /** null: the policies of Roost, in a process of their own. */
  source: PackSource | null;
};

/** All that a runner is told. It travels on the runner's own channel, never in argv or environment. */
export interface Job {
  deploymentId: string;
  organization: string;
  project: string;
  stack: string;
  operation: Operation;
  options: OperationOptions;
  program: ProgramSource;
  /** Forced on the project, or where there is nothing on an environment: the runner itself serves them. */
  policies?: Pick<ForcedPolicies, "level" | "settings">;
  /** The project's own, forced likewise, and what else environments force. */
  packs: JobPack[];
  config: Record<string, ConfigValue>;
  backendUrl: string;
  /** Good for this attempt of this deployment only. */
  token: string;
  traceParent?: string;
  /** By the name under which a connection asks for them: in memory only, of deployments of hosts alone. */
  logins?: Record<string, HeldLogin>;
}

/** What every runner is given when it starts, before there is a job. */
export interface RunnerSetup {
  enginePath: string;
  engineVersion: string;
  /** File URL of the module that exports `builtins`, and `providers` to attach beside our own. */
  catalogue: string;
  /** Folder of the engine: PULUMI_HOME is `pulumi` in it. */
  engineHome: string;
  /** The engine's user, where it is its alone. */
  engineUser?: number;
  /** Socket by which the engine's language host has programs started, where they have a user of their own. */
  engineLauncher?: string;
  /** Folder that the program goes into, as `program`; what a user supplies can write there. */
  work: string;
  /** Folder that policy packs of the project go below; no program can write there. */
  packs: string;
  commandProvider: "roost" | "official";
  /** `name:port` of providers that the worker itself serves to this runner's engine. */
  attached: string[];
  /** Previews are estimated by it. */
  prices: PriceTable;
  /** Whether a job is likely to force policies. */
  policies?: boolean;
  /** Shared folder of official plugins, when there is one. */
  pluginsFolder?: string;
}

export type ToRunner =
  | { kind: "setup"; setup: RunnerSetup }
  | { kind: "job"; job: Job; nextToken: string }
  | { kind: "cancel" };

export type FromRunner =
  | { kind: "ready" }
  /** After `ready`, when nothing was asked of it meanwhile: all that time could make cheaper is done. */
  | { kind: "warm" }
  /** All that the job's engine reads is in its place: what it asks the state backend may be answered. */
  | { kind: "placed" }
  | { kind: "events"; events: EngineEvent[] }
  | { kind: "log"; lines: string[] }
  /** Of the stack as a preview has seen it. */
  | { kind: "cost"; cost: Estimate }
  | { kind: "done"; outcome: RunnerOutcome };

/** How the engine ended; the state backend knows what it left. */
export interface RunnerOutcome {
  succeeded: boolean;
  /** Last lines that the engine wrote, when it failed. */
  error?: string;
  /** Set when the engine was killed: it never said how it ended. */
  signal?: string;
}
