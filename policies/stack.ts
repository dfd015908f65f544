import type { Resource } from "./rule.ts";

/** How far a value may have come through other resources of the same stack. */
const hops = 3;

/** All resources of a stack, and how they hang together. */
export class Stack {
  readonly resources: readonly Resource[];
  readonly #byUrn: Map<string, Resource>;
  readonly #byKind = new Map<string, Resource[]>();
  /** Kind and input → URN → resources of that kind whose input is made from it. */
  readonly #sources = new Map<string, Map<string, Resource[]>>();

  #used?: Set<string>;

  constructor(resources: readonly Resource[]) {
    this.resources = resources;
    this.#byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    for (const resource of resources) push(this.#byKind, resource.kind, resource);
  }

  /** @param kinds `*` stands for every kind. */
  of(...kinds: string[]): readonly Resource[] {
    if (kinds[0] === "*") return this.resources;
    return kinds.length === 1
      ? (this.#byKind.get(kinds[0]!) ?? [])
      : kinds.flatMap((kind) => this.#byKind.get(kind) ?? []);
  }

  /** Resources of a kind whose input is, or is made from, the target or its name, id or ARN. */
  pointingAt(target: Resource, kind: string, input: string): Resource[] {
    const all = this.of(kind);
    if (all.length === 0) return [];
    const linked = this.#sourcesOf(kind, input).get(target.urn) ?? [];
    const named = all.filter((each) => isByHand(each, input) && isNamed(each.props[input], target));
    return named.length === 0 ? linked : [...linked, ...named];
  }

  /** The resources of these kinds that an input points at. */
  targets(resource: Resource, input: string, ...kinds: string[]): Resource[] {
    if (isByHand(resource, input)) {
      return this.of(...kinds).filter((target) => isNamed(resource.props[input], target));
    }
    return [...this.#madeFrom(resource, input)]
      .map((urn) => this.#byUrn.get(urn))
      .filter((target) => target !== undefined && kinds.includes(target.kind)) as Resource[];
  }

  pointsAt(source: Resource, input: string, target: Resource): boolean {
    if (isByHand(source, input)) return isNamed(source.props[input], target);
    return this.#madeFrom(source, input).has(target.urn);
  }

  /** Whether an input of another resource is made from this one. */
  isUsed({ urn }: Resource): boolean {
    this.#used ??= new Set(
      this.resources.flatMap((user) =>
        Object.values(user.references)
          .flat()
          .filter((each) => each !== user.urn),
      ),
    );
    return this.#used.has(urn);
  }

  #sourcesOf(kind: string, input: string): Map<string, Resource[]> {
    const key = `${kind} ${input}`;
    let sources = this.#sources.get(key);
    if (!sources) {
      sources = new Map();
      for (const each of this.of(kind)) {
        for (const urn of this.#madeFrom(each, input)) push(sources, urn, each);
      }
      this.#sources.set(key, sources);
    }
    return sources;
  }

  /** URNs that an input is made from, also by way of what passes on what it was given, as the proof of a certificate. */
  #madeFrom(source: Resource, input: string): Set<string> {
    const found = new Set<string>();
    const walk = (urns: readonly string[], passed: string[]): void => {
      for (const urn of urns) {
        const resource = this.#byUrn.get(urn);
        // Behind one of its own kind is another: a bucket that a bucket is made from is not the bucket.
        if (resource && !passed.includes(resource.kind)) found.add(urn);
        if (!resource || passed.length >= hops) continue;
        walk(Object.values(resource.references).flat(), [...passed, resource.kind]);
      }
    };
    walk(source.references[input] ?? [], []);
    return found;
  }
}

/** What is made from others is not also written by hand. */
function isByHand({ references }: Resource, input: string): boolean {
  return (references[input]?.length ?? 0) === 0;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

const identities = ["id", "arn", "name", "bucket", "identifier"];

function isNamed(value: unknown, { props }: Resource): boolean {
  const values = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === "string");
  return values.length > 0 && identities.some((key) => key in props && values.includes(props[key]));
}
