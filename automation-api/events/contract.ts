import { z } from "zod";

/** What an engine event is, as the Pulumi protocol defines it; secrets are masked by the engine. */
export const engineEvent = z.looseObject({
  sequence: z.number().optional(),
  timestamp: z.number().optional(),
});

/** Kinds of events, and what each one's `data` holds. */
export const eventData = {
  state: z
    .looseObject({
      state: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
      position: z.number().optional().describe("Deployments of the stack before this one."),
      attempt: z.number().optional(),
      reason: z.string().optional(),
      error: z.string().optional(),
      changes: z.record(z.string(), z.number()).optional(),
    })
    .describe("The deployment's state has changed, or somebody asked for it."),
  engine: engineEvent.describe("An event of the Pulumi engine, as it is."),
  log: z.looseObject({ line: z.string() }).describe("A line of what prepared the run, such as npm."),
  outputs: z
    .looseObject({ outputs: z.record(z.string(), z.unknown()) })
    .describe("The stack's outputs, secrets masked."),
};
export type EventKind = keyof typeof eventData;
export const eventKinds = Object.keys(eventData) as [EventKind, ...EventKind[]];

/** An event as it is stored and sent: `id` of the server-sent event is its sequence, `event` its kind. */
export const storedEvent = z.object({
  sequence: z.number().describe("1, 2, 3 … in its stream, without gap."),
  at: z.string(),
  kind: z.enum(eventKinds),
  data: z.record(z.string(), z.unknown()),
});

/** An event to append. */
export interface NewEvent {
  kind: string;
  data: unknown;
}

export interface StoredEvent {
  sequence: number;
  at: Date;
  kind: EventKind;
  data: Record<string, unknown>;
}

/** Query of every event stream. */
export const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe("Events after this sequence; 0 (default): all."),
});
