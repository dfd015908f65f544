// What a test of a policy needs, for ours and for yours. It belongs to no test runner.

import { evaluate, type RecordedGraph } from "../evaluate.ts";
import type { Rule } from "../rule.ts";
import type { Settings } from "../settings.ts";

type GraphResource = RecordedGraph["resources"][number];

/** A resource of a case; its URN is worked out. */
export interface Given {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Input → names of the resources of this case that it is made from. */
  from?: Record<string, string | string[]>;
  protect?: boolean;
  /** Name of the resource of this case that is its provider. */
  provider?: string;
  /** Type token of the component that it is a child of. */
  below?: string;
}

/** What a rule is to say of some resources. */
export interface Case {
  /** What the case shows. */
  what: string;
  resources: Given[];
  /** Part of a finding; absent: there must be none. */
  says?: string;
  /** Default "dev". */
  stack?: string;
  settings?: Settings[string];
  /** The outcome that `says` is part of. Default: what the rule's level makes of a finding. */
  kind?: "violation" | "advisory" | "cannot-decide" | "remediation";
}

export interface Table {
  good: Case[];
  bad: Case[];
}

export type More = Pick<Given, "from" | "protect" | "provider" | "below">;

/** A resource of a case: `given("aws:s3/bucket:Bucket", "files", { bucket: "files" })`. */
export function given(type: string, name: string, inputs: Given["inputs"] = {}, more: More = {}): Given {
  return { type, name, inputs, ...more };
}

/** A case of what is good, or with `says` of what is bad. */
export function when(what: string, resources: Given[], more: Omit<Case, "what" | "resources"> = {}): Case {
  return { what, resources, ...more };
}

/** The graph that a program with these resources would make. */
export function graphOf(resources: Given[], stack = "dev"): RecordedGraph {
  const urns = new Map(resources.map((each) => [each.name, urnOf(each, stack)]));
  const urn = (name: string): string => {
    const found = urns.get(name);
    if (found === undefined) throw new Error(`the case has no resource named ${name}`);
    return found;
  };
  return {
    resources: resources.map(
      ({ from = {}, protect, provider, ...each }): GraphResource => ({
        urn: urnOf(each, stack),
        type: each.type,
        name: each.name,
        inputs: each.inputs,
        references: Object.fromEntries(
          Object.entries(from).map(([input, names]) => [input, [names].flat().map(urn)]),
        ),
        options: { protect, provider: provider && `${urn(provider)}::id` },
      }),
    ),
  };
}

function urnOf({ type, name, below }: Given, stack: string): string {
  return `urn:pulumi:${stack}::example::${below ? `${below}$` : ""}${type}::${name}`;
}

/**
 * Every case in which the rule does not say what it should: none when the table holds.
 * @param now by which exceptions end. Default: now.
 */
export function tableFaults(rule: Rule, { good, bad }: Table, now = new Date()): string[] {
  if (good.length === 0 || bad.length === 0) return [`${rule.id}: a table has good and bad cases`];
  return [...good, ...bad].flatMap((each) => caseFaults(rule, each, now));
}

function caseFaults(rule: Rule, { what, resources, says, stack, settings, kind }: Case, now: Date): string[] {
  const { outcomes } = evaluate([rule], graphOf(resources, stack), {
    now,
    settings: settings === undefined ? {} : { [rule.id]: settings },
  });
  const said = outcomes.map((outcome) => `${outcome.kind}: ${outcome.name} ${outcome.message}`);
  if (says === undefined) return said.map((each) => `${rule.id}: ${what}: is good, but: ${each}`);
  const wanted = kind ?? (rule.level === "advisory" ? "advisory" : "violation");
  const isSaid = outcomes.some((outcome) => outcome.kind === wanted && outcome.message.includes(says));
  return isSaid
    ? []
    : [`${rule.id}: ${what}: is to be a ${wanted} "${says}", but: ${said.join("; ") || "nothing"}`];
}
