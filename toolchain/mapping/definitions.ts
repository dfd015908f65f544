import type { FieldMapping, Fields } from "../../stacks/export/mapping.ts";
import { pairFields } from "./match.ts";
import type { Shape } from "./shapes.ts";

const SCALARS = ["text", "number", "boolean"];

/** Pairings of objects within resources, each kept once however often it is used. */
export class Definitions {
  readonly #byContent = new Map<string, string>();
  readonly #kept: Record<string, Fields> = {};
  readonly #paired = new Map<string, string | undefined>();

  /** How a value becomes another; undefined when it cannot. */
  pairShapes(to: string, from: Shape, target: Shape): string | FieldMapping | undefined {
    const source = from.kind === "list" ? from.element! : from;
    const inner = target.kind === "list" ? target.element! : target;
    if (source.kind === "object" && inner.kind === "object") {
      const fields = this.pair(source, inner);
      const change = shapeChange(from, target);
      return fields === undefined ? undefined : { to, ...(change ? { as: change } : {}), in: fields };
    }
    if (from.kind === "list" && target.kind === "list") return this.pairShapes(to, source, inner);
    if (target.kind === "json") return { to, as: "json" };
    if (from.kind === "list" || target.kind === "list") return undefined;
    if (target.kind === "tags") return from.kind === "map" ? { to, as: "tags" } : undefined;
    if (from.kind === "map" && target.kind === "map") {
      return SCALARS.includes(target.element?.kind ?? "") ? to : undefined;
    }
    if (from.kind === target.kind) return SCALARS.includes(from.kind) ? to : undefined;
    if (SCALARS.includes(from.kind) && target.kind === "text") return { to, as: "text" };
    if (from.kind === "text" && target.kind === "number") return { to, as: "number" };
    if (from.kind === "text" && target.kind === "boolean")
      return { to, values: { true: true, false: false } };
    return undefined;
  }

  /** Pairs two objects by the names of their fields; undefined when none fits. */
  pair(from: Shape, to: Shape): string | undefined {
    const key = `${from.name}>${to.name}`;
    if (!this.#paired.has(key)) {
      // What contains itself is not followed further.
      this.#paired.set(key, undefined);
      const fields = pairFields(
        from.fields!(),
        to.fields!(),
        {},
        { definitions: this, complain: () => {}, at: "" },
      );
      const nothing = Object.keys(fields).length === 0 && Object.keys(from.fields!()).length > 0;
      if (!nothing) this.#paired.set(key, this.keep(to.name!.split("@")[0]!, fields));
    }
    return this.#paired.get(key);
  }

  /** Name of a pairing; what is the same has the same name. */
  keep(name: string, fields: Fields): string {
    const content = JSON.stringify(fields);
    const known = this.#byContent.get(content);
    if (known !== undefined) return known;
    let free = name;
    for (let count = 2; this.#kept[free]; count += 1) free = `${name}#${count}`;
    this.#kept[free] = fields;
    this.#byContent.set(content, free);
    return free;
  }

  /** Those that some of the fields use, by themselves or through others. */
  usedBy(fields: Fields[]): Record<string, Fields> {
    const used: Record<string, Fields> = {};
    const visit = (each: Fields) => {
      for (const field of Object.values(each)) {
        if (typeof field === "string" || field.in === undefined) continue;
        if (typeof field.in === "object") visit(field.in);
        else if (!used[field.in]) {
          used[field.in] = this.#kept[field.in]!;
          visit(used[field.in]!);
        }
      }
    };
    fields.forEach(visit);
    return Object.fromEntries(Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** What makes one of many or many of one. */
export function shapeChange(from: Shape, target: Shape): "first" | "list" | undefined {
  if (from.kind === "list" && target.kind === "object") return "first";
  if (from.kind === "object" && target.kind === "list") return "list";
  return undefined;
}
