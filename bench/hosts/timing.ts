import { median } from "../deploy/statistics.ts";

export async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const from = performance.now();
  return [await work(), performance.now() - from];
}

/** Milliseconds, the middle of so many turns. */
export async function medianMs(turns: number, work: () => Promise<unknown>): Promise<number> {
  const found: number[] = [];
  for (let turn = 0; turn < turns; turn++) found.push((await timed(work))[1]);
  return median(found);
}
