import type { z } from "zod";
import type { Stack } from "./stack.ts";

// biome-ignore lint/suspicious/noExplicitAny: inputs are whatever was registered; reading an unknown one throws Undecidable
export type Props = any;

/** A resource as a rule sees it. */
export interface Resource {
  urn: string;
  /** Pulumi's type token, as it was registered. */
  type: string;
  /** The token without API version and generation: see `kindOf`. Rules go by it. */
  kind: string;
  name: string;
  /** Inputs; in a stack that is being updated also outputs. Reading a value that is not known yet throws. */
  props: Props;
  /** What is said of JSON texts beside the resource: input → document. See documents.ts. */
  beside?: Props;
  /** Input → URNs of the resources that its value is made from. Known also where the value is not. */
  references: Record<string, string[]>;
  /** Whether the engine refuses to delete it; undefined: nobody said so. */
  protect?: boolean;
  parent?: string;
  /** False for components, which cost nothing themselves. */
  custom?: boolean;
  /** The explicit provider, where there is one. */
  provider?: { urn: string; props?: Props };
}

export type Severity = "low" | "medium" | "high" | "critical";
/** What a finding does: stop the operation, be shown, be repaired before it is judged, or nothing. */
export type Level = "mandatory" | "advisory" | "remediate" | "disabled";

export interface Context<C = Record<string, never>> {
  /**
   * Tells what is wrong.
   * @param message a clause about the resource, such as "is public"
   * @param path of the input that is to blame
   */
  found(message: string, path?: string): void;
  config: C;
}

export interface StackContext<C = Record<string, never>> extends Context<C> {
  stack: Stack;
}

interface Described {
  /** Stable name in kebab-case: exceptions and configuration refer to it. */
  id: string;
  /** What holds where the rule is kept. */
  title: string;
  severity: Severity;
  level: Exclude<Level, "disabled">;
  /** `FRAMEWORK ID`, such as "FSBP ECS.2"; "own" where no framework asks for it. */
  frameworks: string[];
  /** What to do about a finding. */
  remediation: string;
  /** Kinds of resources that it judges. */
  kinds: string[];
}

/** Judges a resource by its inputs alone, before it is made. */
export interface ResourceRule<C extends z.ZodObject = z.ZodObject> extends Described {
  scope: "resource";
  config?: C;
  check(resource: Resource, context: Context<z.output<C>>): void;
  /** Inputs to set so that the rule holds, added to objects that are there; undefined: nothing to repair. */
  remedy?(resource: Resource, config: z.output<C>): Props | undefined;
}

/** Judges a resource by what else is in its stack. */
export interface StackRule<C extends z.ZodObject = z.ZodObject> extends Described {
  scope: "stack";
  config?: C;
  check(resource: Resource, context: StackContext<z.output<C>>): void;
}

export type Rule = ResourceRule | StackRule;

type Without<T> = Omit<T, "scope">;

export function resourceRule<C extends z.ZodObject = z.ZodObject<Record<string, never>>>(
  rule: Without<ResourceRule<C>>,
): Rule {
  return { scope: "resource", ...rule } as unknown as Rule;
}

export function stackRule<C extends z.ZodObject = z.ZodObject<Record<string, never>>>(
  rule: Without<StackRule<C>>,
): Rule {
  return { scope: "stack", ...rule } as unknown as Rule;
}

/** Where a rule is explained. */
export function linkOf(rule: Pick<Rule, "id">): string {
  return `docs/policies.md#${rule.id}`;
}
