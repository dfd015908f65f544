import type { ProcessIdentity } from "../../plugins/process/index.ts";
import type { CostChange } from "../costs/contract.ts";
import type { ConfigValue, Operation, OperationOptions } from "../engine/contract.ts";
import type { EnvironmentPolicies } from "../environments/contract.ts";
import type { Hide } from "../events/service.ts";
import type { ProgramReference } from "../programs/contract.ts";
import type { ForcedPolicies } from "../projects/contract.ts";

/** A change of one configuration key: plain, ciphertext of the stack's key, or removed. */
export type ConfigChange =
  | { value: string; object?: boolean }
  | { ciphertext: string; object?: boolean }
  | null;

/** A deployment that this worker holds: all later writes carry its epoch. */
export interface Claim {
  deploymentId: string;
  epoch: number;
  /** 1 for the first start. */
  attempt: number;
  organizationId: string;
  organization: string;
  projectId: string;
  project: string;
  stackId: string;
  stack: string;
  operation: Operation;
  options: OperationOptions;
  program: ProgramReference;
  /** Forced on the project. */
  policies: ForcedPolicies | null;
  /** Forced on the environments that the stack is in. */
  environments: ForcedByEnvironment[];
  config: Record<string, ConfigValue>;
  requesterId: string;
  requester: string;
  requestId: string | null;
  traceParent: string | null;
  /** Clear text of the token that was made for this attempt. */
  token: string;
  /** Hides this stack's secrets in what is written of the deployment. */
  hide: Hide;
  queuedAt: Date;
}

/** What an environment forces on its stacks. */
export interface ForcedByEnvironment {
  name: string;
  policies: EnvironmentPolicies;
}

export interface Worker {
  id: string;
  machineId: string;
  pid: number;
  slots: number;
}

export interface Diagnostic {
  severity: string;
  message: string;
  urn?: string;
}

/** What a deployment ends with. */
export interface Result {
  state: "succeeded" | "failed" | "cancelled";
  error?: string;
  version?: number;
  changes?: Record<string, number>;
  outputs?: Record<string, unknown>;
  /** Of a preview. */
  cost?: CostChange;
  diagnostics: Diagnostic[];
  timings: Record<string, number>;
}

/** A step that was begun and of which nobody knows how it ended. */
export interface OpenOperation {
  operation: string;
  urn: string;
  type: string;
}

/** What the queue asks of the state backend. */
export interface QueueState {
  /**
   * Ends an update whose engine is gone: refuses its lease, folds its journal
   * and publishes the state. Returns what was left open; closing twice is harmless.
   */
  closeInterrupted(updateId: string): Promise<OpenOperation[]>;
  /** Secrets of a stack in clear, to hide them. */
  secretTexts(stackId: string, ciphertexts: string[]): string[];
}

/** A running deployment whose worker is gone. */
export interface Abandoned {
  deploymentId: string;
  epoch: number;
  attempt: number;
  operation: Operation;
  updateId: string | null;
  cancelRequested: boolean;
  /** Its worker stops and gives it back: that its engine was interrupted is no failure of its own. */
  givenBack?: boolean;
  /** The runner, when it ran on this machine. */
  runner?: ProcessIdentity;
}
