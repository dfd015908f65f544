import type { Checkpoint, ResourceState } from "./checkpoint.ts";
import { needsOf, providerKey } from "./integrity.ts";

/**
 * The same resources with each one after everything it needs; apart from that
 * the order stays. `undefined` when resources need each other in a circle.
 * Needs that nothing in the list fulfils are left for the integrity rules.
 */
export function sortByNeeds(resources: readonly ResourceState[]): ResourceState[] | undefined {
  const fulfilling = candidates(resources);
  const sorted: ResourceState[] = [];
  const state = new Map<number, "open" | "done">();
  const fulfilled = new Set<string>();
  const done = (position: number) => {
    const resource = resources[position] as ResourceState;
    state.set(position, "done");
    fulfilled.add(resource.urn).add(providerKey(resource));
    sorted.push(resource);
  };
  for (const start of resources.keys()) {
    const path = state.has(start) ? [] : [start];
    while (path.length > 0) {
      const position = path.at(-1) as number;
      state.set(position, "open");
      const need = needsOf(resources[position] as ResourceState).find(
        ({ target }) => !fulfilled.has(target) && fulfilling.has(target),
      );
      const next = need && fulfilling.get(need.target);
      if (next === undefined) {
        done(position);
        path.pop();
      } else if (state.get(next) === "open") {
        return undefined;
      } else {
        path.push(next);
      }
    }
  }
  return sorted;
}

/** For each URN and provider reference the resource that should stand for it: the live one before one marked for deletion. */
function candidates(resources: readonly ResourceState[]): Map<string, number> {
  const positions = new Map<string, number>();
  const byLife = [...resources.keys()].sort(
    (a, b) => Number(Boolean(resources[a]?.delete)) - Number(Boolean(resources[b]?.delete)),
  );
  for (const position of byLife) {
    const resource = resources[position] as ResourceState;
    for (const key of [resource.urn, providerKey(resource)]) {
      if (!positions.has(key)) positions.set(key, position);
    }
  }
  return positions;
}

export function sorted(checkpoint: Checkpoint): Checkpoint | undefined {
  const resources = checkpoint.deployment?.resources;
  if (!checkpoint.deployment || !resources) return checkpoint;
  const inOrder = sortByNeeds(resources);
  return inOrder && { ...checkpoint, deployment: { ...checkpoint.deployment, resources: inOrder } };
}
