import { randomBytes } from "node:crypto";

export interface StandInTask {
  arn: string;
  startedBy: string;
  tags: Map<string, string>;
  overrides: unknown;
  address: string;
  /** Seconds of the stand-in's clock. */
  acceptedAt: number;
  runsAt: number;
  /** Told to stop; null: not. */
  stoppingAt: number | null;
  endsAt: number | null;
  reason: string | null;
  exitCode: number | null;
}

export const cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/sessions";

/** Seconds until an image is there: half of all starts take 45 or less, one in twenty more than 75. */
export function startSeconds(random: () => number, median = 45, spread = 0.31): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(spread * normal);
}

export function newTask(
  given: Pick<StandInTask, "startedBy" | "tags" | "overrides" | "address" | "acceptedAt" | "runsAt">,
): StandInTask {
  const arn = `${cluster.replace(":cluster/", ":task/")}/${randomBytes(16).toString("hex")}`;
  return { ...given, arn, stoppingAt: null, endsAt: null, reason: null, exitCode: null };
}

/** From being accepted until it is released. */
export function holdsInterface(task: StandInTask, now: number): boolean {
  return task.endsAt === null || now < task.endsAt;
}

/** As DescribeTasks says it. */
export function describe(task: StandInTask, now: number) {
  const { arn, startedBy, tags, overrides, address, stoppingAt, endsAt, reason, exitCode, runsAt } = task;
  const isOver = endsAt !== null && now >= endsAt;
  const lastStatus = isOver
    ? "STOPPED"
    : stoppingAt !== null
      ? "DEPROVISIONING"
      : now >= runsAt
        ? "RUNNING"
        : "PENDING";
  return {
    taskArn: arn,
    clusterArn: cluster,
    startedBy,
    overrides,
    lastStatus,
    desiredStatus: stoppingAt === null ? "RUNNING" : "STOPPED",
    tags: [...tags].map(([key, value]) => ({ key, value })),
    attachments: [
      {
        type: "ElasticNetworkInterface",
        status: isOver ? "DELETED" : "ATTACHED",
        details: [{ name: "privateIPv4Address", value: address }],
      },
    ],
    ...(reason !== null && { stoppedReason: reason }),
    containers: [{ name: "main", ...(exitCode !== null && { exitCode }) }],
  };
}
