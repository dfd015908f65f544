import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./guardian.sh", import.meta.url));

let guardian: ChildProcess | undefined;

/**
 * Has a process group killed when this process ends in any way, kill -9 included.
 * One small shell per process does the waiting; it is started with the first group.
 * @returns a function that takes the group off the list again
 */
export function guard(group: number): () => void {
  if (guardian === undefined || guardian.exitCode !== null || guardian.signalCode !== null) {
    guardian = startGuardian();
  }
  const { stdin } = guardian;
  stdin?.write(`watch ${group}\n`);
  return () => stdin?.write(`forget ${group}\n`);
}

function startGuardian(): ChildProcess {
  const child = spawn("/bin/sh", [script], {
    cwd: "/",
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin?.on("error", () => undefined);
  child.on("error", () => undefined);
  // It must never keep its parent alive: its end is what the guardian waits for.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return child;
}
