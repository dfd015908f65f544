import type { Resource } from "./rule.ts";

/** How far a value may have come through other resources of the same stack. */
const hops = 3;

/** All resources of a stack, and how they hang together. */
export class Stack {
  readonly resources: readonly Resource[];
  readonly #byUrn: Map<string, Resource>;
  readonly #byKind = new Map<string, Resource[]>();

  constructor(resources: readonly Resource[]) {
    this.resources = resources;
    this.#byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    for (const resource of resources) {
      const same = this.#byKind.get(resource.kind);
      if (same) same.push(resource);
      else this.#byKind.set(resource.kind, [resource]);
    }
  }

  of(...kinds: string[]): Resource[] {
    return kinds.length === 1
      ? (this.#byKind.get(kinds[0]!) ?? [])
      : kinds.flatMap((kind) => this.#byKind.get(kind) ?? []);
  }

  /** Resources of a kind whose input is, or is made from, the target or its name, id or ARN. */
  pointingAt(target: Resource, kind: string, input: string): Resource[] {
    return this.of(kind).filter((resource) => this.pointsAt(resource, input, target));
  }

  /** The resources of these kinds that an input points at. */
  targets(resource: Resource, input: string, ...kinds: string[]): Resource[] {
    return this.of(...kinds).filter((target) => this.pointsAt(resource, input, target));
  }

  pointsAt(source: Resource, input: string, target: Resource, left = hops): boolean {
    const references = source.references[input] ?? [];
    if (references.includes(target.urn)) return true;
    const isIndirect = references.some((urn) => {
      const between = this.#byUrn.get(urn);
      return (
        left > 0 &&
        between !== undefined &&
        between.kind !== target.kind &&
        this.#leads(between, target, left)
      );
    });
    // What is made from others is not also written by hand.
    return isIndirect || (references.length === 0 && isNamed(source.props[input], target));
  }

  /** Resources that only pass on what they were given, such as the proof of a certificate. */
  #leads(between: Resource, target: Resource, left: number): boolean {
    return Object.keys(between.references).some((input) => this.pointsAt(between, input, target, left - 1));
  }
}

const identities = ["id", "arn", "name", "bucket", "identifier"];

function isNamed(value: unknown, { props }: Resource): boolean {
  const values = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === "string");
  return values.length > 0 && identities.some((key) => key in props && values.includes(props[key]));
}
