import type { Exit } from "../../process/launch.ts";
import type { ServiceSettings } from "./spec.ts";

const longestBackoffSeconds = 30;

export type RestartDecision =
  | { action: "restart"; afterSeconds: number }
  /** It ended as it should and is not started again. */
  | { action: "finish"; reason: string }
  | { action: "fail"; reason: string };

/**
 * What to do after the service's process has ended.
 * @param earlier when it was started again before, in seconds of any steady clock
 * @param inARow how often it ended since it was last healthy for a minute
 */
export function planRestart(
  settings: ServiceSettings["restart"],
  exit: Exit & { unhealthy?: boolean },
  earlier: number[],
  inARow: number,
  nowSeconds: number,
): RestartDecision {
  const how = exit.unhealthy ? "its health check kept failing" : describeExit(exit);
  const failed = exit.code !== 0 || exit.unhealthy === true;
  if (settings.policy === "never" || (settings.policy === "on-failure" && !failed)) {
    return failed ? { action: "fail", reason: how } : { action: "finish", reason: how };
  }
  const recent = earlier.filter((time) => nowSeconds - time < 60).length;
  if (recent >= settings.maxPerMinute) {
    return { action: "fail", reason: `${how}, and it was started again ${recent} times within a minute` };
  }
  const afterSeconds = Math.min(longestBackoffSeconds, settings.backoffSeconds * 2 ** inARow);
  return { action: "restart", afterSeconds };
}

export function describeExit(exit: Exit): string {
  return exit.signal ? `it was ended by ${exit.signal}` : `it ended with code ${exit.code}`;
}
