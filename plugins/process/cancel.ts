import type { Child, Exit } from "./launch.ts";

/** Time between SIGINT and SIGKILL of a cancelled child's process group. */
const graceMilliseconds = 400;

/** When `signal` aborts, the child's group gets SIGINT and shortly after SIGKILL. */
export function killOnAbort(signal: AbortSignal, exited: Promise<Exit>, kill: Child["kill"]): void {
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    kill("SIGINT");
    timer = setTimeout(() => kill("SIGKILL"), graceMilliseconds);
  };
  signal.addEventListener("abort", abort, { once: true });
  const settle = (): void => {
    signal.removeEventListener("abort", abort);
    clearTimeout(timer);
    // The leader is gone, yet a member of its group may have ignored the first signal.
    if (signal.aborted) kill("SIGKILL");
  };
  exited.then(settle, settle);
}
