import { type Checkpoint, resourcesOf } from "./checkpoint.ts";
import type { ResourceRow } from "./store.ts";
import { parseUrn } from "./urn.ts";

/** The live resources of a state, as the search over all stacks sees them. */
export function resourceRows(checkpoint: Checkpoint): ResourceRow[] {
  return resourcesOf(checkpoint)
    .filter((resource) => !resource.delete)
    .map((resource) => ({
      urn: resource.urn,
      type: resource.type,
      name: parseUrn(resource.urn)?.name ?? resource.urn,
      customId: resource.id || null,
      parentUrn: resource.parent || null,
    }));
}
