/** Tasks that one call to ECS starts at most. */
export const batchSize = 10;

/**
 * Groups starts into calls: of one revision each, because what a call starts is all the same, and in the order in which
 * they are to get their turn.
 */
export function groupStarts(starts: { id: string; revision: number }[]): string[][] {
  const revisions = Map.groupBy(starts, ({ revision }) => revision);
  return [...revisions.values()].flatMap((same) =>
    Array.from({ length: Math.ceil(same.length / batchSize) }, (_, at) =>
      same.slice(at * batchSize, (at + 1) * batchSize).map(({ id }) => id),
    ),
  );
}
