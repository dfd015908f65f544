import type { Diff } from "./diff.ts";
import type { Properties } from "./values.ts";

export type Severity = "debug" | "info" | "warning" | "error";

/** What every handler is told about the operation it is part of. */
export interface Context {
  /** Empty for functions and for the provider's own configuration. */
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** True in a preview: nothing may be touched. */
  readonly preview: boolean;
  /** Aborts on cancel, on the end of the engine, and when the operation's timeout has passed. */
  readonly signal: AbortSignal;
  /** The user's custom timeout of this operation; undefined when none was set. */
  readonly timeoutSeconds: number | undefined;
  /** The folder that relative paths of a program refer to. */
  readonly directory: string;
  /** What `configure` returned on this connection; without `configure` the plain configuration. */
  readonly config: unknown;
  /** Id of the engine's connection: one per engine operation. */
  readonly connection: string;
  /** Names of the top-level inputs (for functions: arguments) that are secret, wholly or in part. */
  readonly secretInputs: ReadonlySet<string>;
  /** Hides the secrets of this operation's inputs, old inputs, state and configuration in a text. */
  mask(text: string): string;
  /** Shows a line on the resource in the CLI and in the events. Masked before it leaves. */
  log(severity: Severity, message: string): void;
}

export interface CheckFailure {
  /** Property path; empty for the resource as a whole. */
  property: string;
  reason: string;
}

export interface CheckRequest {
  inputs: Properties;
  /** Inputs of the last successful operation; undefined for a new resource. */
  oldInputs: Properties | undefined;
  /** 32 bytes that stay the same for previews and updates of one resource: for names made up by `check`. */
  randomSeed: Uint8Array;
}

export interface CheckResult {
  /** The inputs as they are to be kept, with defaults filled in. */
  inputs: Properties;
  failures?: CheckFailure[];
}

export interface DiffRequest {
  id: string;
  inputs: Properties;
  oldInputs: Properties;
  state: Properties;
}

export interface CreateRequest {
  inputs: Properties;
}

export interface UpdateRequest {
  id: string;
  inputs: Properties;
  oldInputs: Properties;
  state: Properties;
}

export interface ReadRequest {
  id: string;
  /** Empty when a resource is looked up by id alone (import, `get`). */
  inputs: Properties;
  state: Properties;
}

export interface ReadResult {
  id: string;
  state: Properties;
  /** Default: the inputs as they were. */
  inputs?: Properties;
}

export interface DeleteRequest {
  id: string;
  inputs: Properties;
  state: Properties;
}

/**
 * One resource type. Handlers get plain values: secrets are unwrapped, and `unknown` (only in previews and
 * checks) stands for what is not known yet. Whatever they return becomes secret again wherever the input of the
 * same name was; `secret(value)` adds more. A thrown error fails the operation with its (masked) message;
 * throw `InitFailed` when the resource exists but is not right, so that it is kept in the state.
 */
export interface ResourceHandler {
  /** Names of inputs whose change replaces the resource; used when there is no `diff`. */
  replaceOn?: readonly string[];
  /** Default: inputs are taken as they are. Runs in previews too, so it must not touch anything. */
  check?(context: Context, request: CheckRequest): CheckResult | Promise<CheckResult>;
  /** Default: compares old and new inputs deeply; each change is an update or, for `replaceOn`, a replacement. */
  diff?(context: Context, request: DiffRequest): Diff | Promise<Diff>;
  /** What a preview knows of the outputs. Default: the inputs; every other output is unknown. */
  preview?(context: Context, request: CreateRequest | UpdateRequest): Properties | Promise<Properties>;
  /** Never called in a preview. */
  create(context: Context, request: CreateRequest): Promise<{ id: string; state: Properties }>;
  /** Default: nothing is known about the world, so the state is returned as it was. Undefined: it is gone. */
  read?(context: Context, request: ReadRequest): Promise<ReadResult | undefined>;
  /** Returns the new state. Never called in a preview. Default: every change replaces the resource. */
  update?(context: Context, request: UpdateRequest): Promise<Properties>;
  /** Default: nothing has to be done. */
  delete?(context: Context, request: DeleteRequest): Promise<void>;
}

export type FunctionHandler = (context: Context, args: Properties) => Promise<Properties>;

export interface ProviderDefinition {
  /** Package name: the first part of its type tokens. */
  name: string;
  version: string;
  /** Pulumi package schema. Default: one that holds only name and version. */
  schema?: object;
  /** Turns the provider's configuration into what handlers find in `context.config`. Once per connection. */
  configure?(context: Context, config: Properties): unknown;
  /** By type token, such as `command:local:Command`. */
  resources: Record<string, ResourceHandler>;
  /** Of every type that `resources` does not name. Default: there are no others. */
  otherwise?: ResourceHandler;
  /** By function token, such as `command:local:run`. */
  functions?: Record<string, FunctionHandler>;
}

/** The resource was made, but is not as it should be: it is kept in the state and the operation fails. */
export class InitFailed extends Error {
  readonly id: string;
  readonly state: Properties;
  readonly reasons: string[];
  constructor(id: string, state: Properties, reasons: string[]) {
    super(reasons.join("; "));
    this.name = "InitFailed";
    this.id = id;
    this.state = state;
    this.reasons = reasons;
  }
}

/** Inputs or arguments are wrong: the engine names each property and its reason. */
export class CheckFailed extends Error {
  readonly failures: CheckFailure[];
  constructor(failures: CheckFailure[]) {
    super(failures.map(({ property, reason }) => (property ? `${property}: ${reason}` : reason)).join("; "));
    this.name = "CheckFailed";
    this.failures = failures;
  }
}

export function defineProvider(definition: ProviderDefinition): ProviderDefinition {
  return definition;
}
