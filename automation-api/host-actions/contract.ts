import { z } from "zod";
import { deploymentStates } from "../deployments/contract.ts";
import { pageQuery, pageReply } from "../http/page.ts";

/** What can be done to a host; each has a noun of its own that plans it. */
export const actionKinds = ["reset", "config", "tuning", "reinstall", "shell", "migration"] as const;
export type ActionKind = (typeof actionKinds)[number];

export const hostReference = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "expected the id or the name of a host")
  .optional()
  .describe("Id or name of the host; may be left out while there is only one.");
export const actionId = z.string().regex(/^(rst|act)_[0-9a-z]{26}$/, "expected act_… or rst_…");

export const planHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "expected the planHash of the preview")
  .describe("What was seen is what is done: the hash that the preview gave.");
export const confirmSeconds = z
  .int()
  .refine((value) => value === 0 || (value >= 30 && value <= 3600), "expected 0, or 30 to 3600")
  .optional()
  .describe(
    "The host takes the change back by itself unless it is confirmed within so many seconds; 0: it stands. Default: 120 for what could lock everybody out, else 0.",
  );
export const onChange = z
  .enum(["stop", "keep", "replace"])
  .default("stop")
  .describe(
    "What becomes of what people changed since. stop: it is listed and nothing is done; keep: it stays; replace: it is saved on the host, then replaced.",
  );
export const words = z
  .string()
  .max(300)
  .optional()
  .describe("For a plan that needs a confirmation: the words that its preview gave.");
/** Fields of every request that names what is to be done instead of a plan. */
export const directly = {
  dryRun: z
    .boolean()
    .default(false)
    .describe("Plan, rehearse and show it only; carry it out by POST /api/v1/host-actions/{id}/execute."),
  confirmSeconds,
};

export const actionParams = z.strictObject({ id: actionId });
export const executeRequest = z.strictObject({ planHash, confirm: words, confirmSeconds });
export type ExecuteRequest = z.output<typeof executeRequest>;
export const rollbackRequest = z.strictObject({ onChange });
export const actionQuery = pageQuery.extend({
  host: hostReference,
  kind: z.enum(actionKinds).optional(),
});
export type ActionQuery = z.output<typeof actionQuery>;

export const actionStates = [
  "planned",
  "applying",
  "unconfirmed",
  "confirming",
  "lapsed",
  "applied",
  "failed",
  "undoing",
  "undone",
] as const;

export const summary = z.object({
  packages: z.number(),
  removed: z.number().describe("Files, links and folders."),
  changed: z.number(),
  created: z.number(),
  freedBytes: z.number().describe("Apparent size of what goes, less what other files grow by."),
  freedAllocatedBytes: z
    .number()
    .describe("The same on the disk; a file with several names counts when all of them go."),
});
export type Summary = z.output<typeof summary>;

const run = z
  .object({ id: z.string(), state: z.enum(deploymentStates), error: z.string().nullable() })
  .nullable();

export const hostAction = z.object({
  id: z.string(),
  kind: z.enum(actionKinds),
  title: z.string(),
  request: z.looseObject({}).describe("What was asked for."),
  host: z.object({ id: z.string().nullable(), name: z.string() }),
  state: z
    .enum(actionStates)
    .describe(
      "unconfirmed: done, and goes back by itself without a confirmation; lapsed: nobody confirmed it in time, so the host took it back.",
    ),
  planHash: z.string(),
  summary,
  confirmSeconds: z.number(),
  confirmBefore: z
    .string()
    .nullable()
    .describe("A confirmation that arrives on the host until then is in time; null: none is awaited."),
  progress: z
    .object({
      state: z.string().describe("What its journal on the host says."),
      step: z.number().nullable(),
      steps: z.number().nullable(),
    })
    .nullable()
    .describe(
      "Of one action that is asked for while it is under way, read on the host; null where nobody can tell.",
    ),
  deployment: run,
  confirmation: run,
  undo: run,
  requester: z.string(),
  createdAt: z.string(),
});
export type HostAction = z.output<typeof hostAction>;
export const actionPage = pageReply(hostAction);

export const change = z.object({
  kind: z.enum(["removed", "changed", "created", "touched"]),
  type: z.string(),
  path: z.string(),
  bytes: z.number(),
});
export type PathChange = z.output<typeof change>;

/** An action with all that was planned; each kind has a `detail` of its own. */
export const plannedAction = hostAction.extend({
  confirm: z.string().nullable().describe("Words to give back to execute; null: none are needed."),
  changes: z
    .array(change)
    .describe(
      "Each path that changes, found by a rehearsal on a copy in the host's memory; touched: a folder's time.",
    ),
  detail: z.looseObject({}).describe("What the kind of action has to tell beside."),
});
export type PlannedAction<Detail = Record<string, unknown>> = Omit<
  z.output<typeof plannedAction>,
  "detail"
> & { detail: Detail };

export const verified = z.object({
  holds: z.boolean().describe("Everything that the action was to reach is so now."),
  state: z.string().describe("Of the undo record on the host, such as committed or undone."),
  faults: z.array(z.string()).describe("What does not hold."),
});
export type Verified = z.output<typeof verified>;

/** 201 for a preview, 202 for what was queued; both tell where it is found. */
export function plannedReply<Planned extends HostAction>(body: Planned) {
  const headers = { Location: `/api/v1/host-actions/${body.id}` };
  return { status: body.state === "planned" ? 201 : 202, body, headers };
}
