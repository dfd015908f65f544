import type { Fault } from "./faults.ts";

/**
 * The periods that CloudWatch keeps logs for, in days.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Days that logs are kept unless told otherwise. */
export const DEFAULT_RETENTION_DAYS = 365;

export function checkRetention(field: string, days: number | undefined): Fault[] {
  if (days === undefined || RETENTION_DAYS.includes(days)) return [];
  return [{ field, value: days, allowed: `days, one of ${RETENTION_DAYS.join(", ")}` }];
}
