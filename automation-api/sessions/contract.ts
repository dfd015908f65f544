import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";
import { templateName } from "../templates/contract.ts";

export const sessionStates = [
  "requested",
  "starting",
  "warm",
  "active",
  "stopping",
  "stopped",
  "failed",
] as const;
export type SessionState = (typeof sessionStates)[number];

export const sessionEnds = [
  "user",
  "idle",
  "expired",
  "admin",
  "surplus",
  "outdated",
  "start",
  "exited",
  "gone",
] as const;

const userName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,99}$/, "expected 1 to 100 letters, digits or _ . @ + -")
  .describe("Whose session it is.");
const sessionId = z.string().regex(/^ses_[0-9a-z]{26}$/, "expected ses_…");

const claimSecrets = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, "expected the name of a secret"),
    z.string().max(32_000),
  )
  .refine((map) => Object.keys(map).length <= 50, "expected at most 50 secrets");

export const newSession = z.strictObject({
  template: templateName,
  user: userName.optional().describe("Default: you. For others it needs session:manage."),
  secrets: claimSecrets
    .optional()
    .describe("For this user's workload alone: it fetches them once, after it was told of the claim."),
});
export type NewSession = z.output<typeof newSession>;

export const session = z.object({
  id: z.string(),
  state: z.enum(sessionStates),
  template: z.string(),
  user: z.string().nullable().describe("null: it waits in the pool."),
  address: z
    .object({ ip: z.string(), port: z.number() })
    .nullable()
    .describe("Private; null while it is not known, and when the session ends."),
  url: z.string().nullable().describe("Where its user's browser goes; null until it is ready."),
  isolation: z
    .enum(["none", "network"])
    .describe("network: no other session reaches its address; none: this target cannot prevent it."),
  waiting: z
    .object({ position: z.number(), estimateSeconds: z.number() })
    .nullable()
    .describe("While its user waits for a start: place in the line, and when it should be ready."),
  expiresAt: z.string().nullable(),
  lastActivityAt: z.string().nullable().describe("Exact to 30 s."),
  createdAt: z.string(),
  claimedAt: z.string().nullable(),
  readyAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  reason: z.enum(sessionEnds).nullable().describe("Why it ends or ended."),
  error: z.string().nullable(),
  evidence: z.string().nullable().describe("The last that one printed which failed."),
});
export type Session = z.output<typeof session>;
export const sessionPage = pageReply(session);
export const sessionParams = z.strictObject({ id: sessionId });
export const sessionQuery = pageQuery.extend({
  user: userName.optional().describe("Sessions of this user. Default: all that you may see."),
  template: templateName.optional(),
  state: z.enum(sessionStates).optional(),
  live: z.enum(["true", "false"]).optional().describe("true: only those that are not over."),
});
export type SessionQuery = z.output<typeof sessionQuery>;

export const extension = z.strictObject({
  seconds: z
    .int()
    .min(30)
    .max(2_592_000)
    .optional()
    .describe("From now; at most the template's lifeSeconds, which is the default."),
});
export type Extension = z.output<typeof extension>;

/** What a rule of EventBridge sends of a change of a task's state. Nothing of it is believed: the cluster is asked. */
export const taskEvent = z.strictObject({
  cluster: z.string().max(300).describe("ARN of the cluster."),
  task: z.string().max(300).optional().describe("ARN of the task."),
});
export type TaskEvent = z.output<typeof taskEvent>;

/** The token is all that a workload has: it is no API token, so it travels in the body. */
export const identityRequest = z.strictObject({ token: z.string().min(20).max(200) });
export const identity = z.object({
  session: z.string(),
  user: z.string(),
  secrets: z.record(z.string(), z.string()).describe("What came with the claim; given out once."),
  expiresAt: z.string(),
});
export type Identity = z.output<typeof identity>;

export const opening = z.object({
  url: z.string().describe("Opens the session in a browser, once; it holds a ticket."),
  expiresInSeconds: z.number(),
});

export const logQuery = z.strictObject({
  follow: z.enum(["true", "false"]).default("true").describe("false: what there is now, then the end."),
});
