import fc from "fast-check";
import type { Checkpoint, ResourceState } from "../../../automation-api/state-backend/checkpoint.ts";
import { entryKind, type JournalEntry } from "../../../automation-api/state-backend/journal.ts";
import { replay } from "../../../automation-api/state-backend/replay.ts";

/** What the model's program does with a resource that the base holds. */
type Fate =
  | "same"
  | "update"
  | "updateFails"
  | "replace"
  | "replaceDeleteFirst"
  | "rename"
  | "retype"
  | "gone";

export interface Plan {
  /** One per resource of the base: what it is made from and what becomes of it. */
  base: { parent: number; dependsOn: number[]; component: boolean; fate: Fate; vanished: boolean }[];
  /** Resources that are new in this update. */
  created: { dependsOn: number[]; fails: boolean }[];
  refreshFirst: boolean;
  /** A create that an earlier update left open. */
  leftOpen: boolean;
}

const index = fc.nat({ max: 20 });
const fates: Fate[] = [
  "same",
  "update",
  "updateFails",
  "replace",
  "replaceDeleteFirst",
  "rename",
  "retype",
  "gone",
];

export const plans: fc.Arbitrary<Plan> = fc.record({
  base: fc.array(
    fc.record({
      parent: index,
      dependsOn: fc.array(index, { maxLength: 3 }),
      component: fc.boolean(),
      fate: fc.constantFrom(...fates),
      vanished: fc.boolean(),
    }),
    { maxLength: 8 },
  ),
  created: fc.array(fc.record({ dependsOn: fc.array(index, { maxLength: 3 }), fails: fc.boolean() }), {
    maxLength: 4,
  }),
  refreshFirst: fc.boolean(),
  leftOpen: fc.boolean(),
});

const urnOf = (type: string, name: string) => `urn:pulumi:dev::proj::${type}::${name}`;
const stackUrn = urnOf("pulumi:pulumi:Stack", "proj-dev");
const providerUrn = urnOf("pulumi:providers:noop", "default");
const provider = `${providerUrn}::p-1`;

/** The state that the update starts from: stack, provider, and the plan's resources below earlier ones. */
export function baseOf(plan: Plan): Checkpoint {
  const resources: ResourceState[] = [
    { urn: stackUrn, custom: false, type: "pulumi:pulumi:Stack" },
    { urn: providerUrn, custom: true, id: "p-1", type: "pulumi:providers:noop" },
  ];
  plan.base.forEach((item, position) => {
    const components = resources.filter(
      (resource) => !resource.custom && resource.type !== "pulumi:pulumi:Stack",
    );
    const parent = components[item.parent % (components.length + 1)];
    const others = resources.slice(2);
    resources.push({
      ...resource(item.component, `r${position}`, parent),
      ...references(item.dependsOn, others),
    });
  });
  const open = { resource: resource(false, "interrupted", undefined), type: "creating" as const };
  return {
    version: 3,
    deployment: {
      manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" },
      resources,
      ...(plan.leftOpen ? { pending_operations: [open] } : {}),
      metadata: {},
    },
  };
}

function resource(component: boolean, name: string, parent: ResourceState | undefined): ResourceState {
  const type = component ? "test:index:Group" : "noop:index:Item";
  const parentType = parent ? `${parent.urn.split("::")[2]}$` : "";
  return {
    urn: urnOf(`${parentType}${type}`, name),
    custom: !component,
    type,
    parent: parent?.urn ?? stackUrn,
    ...(component ? {} : { id: `id-${name}`, provider, inputs: { name }, outputs: { name } }),
  };
}

function references(dependsOn: number[], others: ResourceState[]): Partial<ResourceState> {
  if (others.length === 0 || dependsOn.length === 0) return {};
  const urns = [...new Set(dependsOn.map((position) => others[position % others.length]!.urn))];
  return { dependencies: urns, propertyDependencies: { name: urns, none: [] }, deletedWith: urns[0] };
}

/**
 * The journal that the engine would keep for a plan: the same entries for the
 * same steps, with sequence and operation numbers, written independently of
 * the fold under test except that a refresh asks it for the rebuilt base.
 */
export function journalOf(plan: Plan, base: Checkpoint): JournalEntry[] {
  const journal = new Journal();
  journal.add({
    kind: entryKind.secretsManager,
    secretsProvider: { type: "passphrase", state: { salt: "s" } },
  });
  let resources = base.deployment?.resources ?? [];
  let fates = plan.base.map((item) => item.fate);
  if (plan.refreshFirst) {
    refresh(journal, plan, resources);
    const before = resources;
    resources = replay(base, journal.entries).checkpoint.deployment?.resources ?? [];
    fates = resources.slice(2).map((resource) => {
      const position = before.slice(2).findIndex((old) => old.urn === resource.urn);
      return plan.base[position]!.fate;
    });
  }
  new Program(journal, resources, ["same", "same", ...fates]).run(plan.created);
  return journal.entries;
}

function refresh(journal: Journal, plan: Plan, resources: ResourceState[]): void {
  resources.forEach((old, position) => {
    if (!old.custom) return;
    const vanished = position >= 2 && plan.base[position - 2]!.vanished;
    const operation = journal.begin();
    journal.add({
      kind: entryKind.refreshSuccess,
      operationID: operation,
      isRefresh: true,
      removeOld: position,
      ...(vanished ? {} : { state: { ...old, outputs: { ...old.outputs, refreshed: true } } }),
    });
  });
  journal.add({ kind: entryKind.rebuiltBaseState });
}

class Journal {
  entries: JournalEntry[] = [];
  private operations = 0;

  add(entry: Partial<JournalEntry> & { kind: number }): void {
    this.entries.push({ operationID: 0, ...entry, sequenceID: this.entries.length + 1 });
  }

  begin(operation?: JournalEntry["operation"]): number {
    const operationID = ++this.operations;
    this.add({ kind: entryKind.begin, operationID, ...(operation ? { operation } : {}) });
    return operationID;
  }

  end(operationID: number, entry: Partial<JournalEntry>, success = true): void {
    this.add({ kind: success ? entryKind.success : entryKind.failure, operationID, ...entry });
  }
}

/** Runs the steps of a program over a base, in the order in which the engine would. */
class Program {
  /** New URN of what was renamed. */
  private renamed = new Map<string, string>();
  private present: ResourceState[] = [];
  private replaced: number[] = [];
  private readonly journal: Journal;
  private readonly old: ResourceState[];
  private readonly fates: Fate[];

  constructor(journal: Journal, old: ResourceState[], fates: Fate[]) {
    this.journal = journal;
    this.old = old;
    this.fates = spread(old, fates);
  }

  run(created: Plan["created"]): void {
    let stopped = false;
    this.old.forEach((resource, position) => {
      if (!stopped) stopped = !this.step(resource, position, this.fates[position]!);
    });
    if (stopped) return;
    created.forEach((item, position) => {
      const fresh = {
        ...resource(false, `new${position}`, undefined),
        ...references(item.dependsOn, this.present.slice(2)),
      };
      const operation = this.journal.begin({ resource: fresh, type: "creating" });
      this.journal.end(operation, { state: fresh }, !item.fails);
      if (!item.fails) this.present.push(fresh);
    });
    for (const position of [...this.old.keys()].reverse()) {
      if (this.replaced.includes(position) || this.fates[position] === "gone") this.remove(position);
    }
  }

  /** `false`: the step failed, and with it the update. */
  private step(old: ResourceState, position: number, fate: Fate): boolean {
    if (fate === "gone") return true;
    const next = this.renew(old, fate);
    switch (fate) {
      case "update":
      case "updateFails": {
        const operation = this.journal.begin({ resource: next, type: "updating" });
        this.journal.end(operation, { state: next, removeOld: position }, fate === "update");
        if (fate === "updateFails") return false;
        break;
      }
      case "replace": {
        const operation = this.journal.begin({ resource: next, type: "creating" });
        this.journal.end(operation, { state: next, deleteOld: position });
        this.replaced.push(position);
        break;
      }
      case "replaceDeleteFirst": {
        const deletion = this.journal.begin({ resource: old, type: "deleting" });
        this.journal.end(deletion, { pendingReplacementOld: position });
        const creation = this.journal.begin({ resource: next, type: "creating" });
        this.journal.end(creation, { state: next, removeOld: position });
        break;
      }
      default: {
        const operation = this.journal.begin();
        this.journal.end(operation, { state: next, removeOld: position });
        if (!next.custom) {
          const outputs = { ...next, outputs: { registered: true } };
          this.journal.add({
            kind: entryKind.outputs,
            operationID: operation + 1000,
            state: outputs,
            removeNew: operation,
          });
        }
      }
    }
    this.present.push(next);
    return true;
  }

  private remove(position: number): void {
    const operation = this.journal.begin({ resource: this.old[position]!, type: "deleting" });
    this.journal.end(operation, { removeOld: position });
  }

  /** The state that the program registers: references to what is there now, under the URNs of today. */
  private renew(old: ResourceState, fate: Fate): ResourceState {
    const now = (urn: string) => this.renamed.get(urn) ?? urn;
    const known = new Set(this.present.map((resource) => resource.urn));
    const kept = old.dependencies?.map(now).filter((urn) => known.has(urn)) ?? [];
    const parent = this.present.find((resource) => resource.urn === now(old.parent ?? ""));
    const parentType = parent && parent.urn !== stackUrn ? `${parent.urn.split("::")[2]}$` : "";
    const type = fate === "retype" ? `${old.type}2` : old.type;
    const name = old.urn.split("::")[3]! + (fate === "rename" ? "x" : "");
    const urn = old.urn === stackUrn ? stackUrn : urnOf(`${parentType}${type}`, name);
    this.renamed.set(old.urn, urn);
    const next: ResourceState = { ...old, urn, type };
    for (const field of ["parent", "dependencies", "propertyDependencies", "deletedWith"]) delete next[field];
    if (parent) next.parent = parent.urn;
    if (kept.length > 0) Object.assign(next, { dependencies: kept, propertyDependencies: { name: kept } });
    if (urn !== old.urn) next.aliases = [old.urn];
    return next;
  }
}

/** A deleted parent takes its children with it; stack and provider stay; only components and items are retyped. */
function spread(resources: ResourceState[], fates: Fate[]): Fate[] {
  const result: Fate[] = [];
  resources.forEach((resource, position) => {
    const parent = resources.findIndex((other) => other.urn === resource.parent);
    const fate = fates[position]!;
    if (position < 2) result.push("same");
    else if (result[parent] === "gone") result.push("gone");
    else if (!resource.custom && fate !== "gone" && fate !== "rename" && fate !== "retype")
      result.push("same");
    else result.push(fate);
  });
  return result;
}
