import type { Channels } from "./ssh/channels.ts";

/**
 * Does `work` for each of many, as many at a time as there is room for, and yields as each ends.
 * @param room shared with whoever else does such work.
 * @throws the first fault of `work`, and the signal's reason when it aborts; what runs then is left to the signal.
 */
export async function* fanOut<A, T>(
  items: A[],
  room: Channels,
  work: (item: A) => Promise<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const ended: (() => T)[] = [];
  let wake = (): void => undefined;
  const settle = (outcome: () => T): void => {
    ended.push(outcome);
    wake();
  };
  for (const item of items) {
    doOne(item, room, work, signal).then(
      (value) => settle(() => value),
      (error) =>
        settle(() => {
          throw error;
        }),
    );
  }
  for (let left = items.length; left > 0; left--) {
    if (ended.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    yield (ended.shift() as () => T)();
  }
}

async function doOne<A, T>(
  item: A,
  room: Channels,
  work: (item: A) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  await room.take(signal);
  try {
    return await work(item);
  } finally {
    room.give();
  }
}
