import { expect, it } from "@jest/globals";
import type { Runner } from "../../../automation-api/engine/runner-handle.ts";
import { RunnerPool, type RunnerPoolOptions } from "../../../automation-api/engine/runner-pool.ts";

/** A runner that has done its job, as far as a pool looks at one. */
function usedRunner() {
  const ended = Promise.withResolvers<string>();
  const disposed = Promise.withResolvers<void>();
  const runner = {
    isUsed: true,
    isAlive: true,
    ended: ended.promise,
    dispose: async () => disposed.resolve(),
  };
  return {
    runner: runner as unknown as Runner,
    die: () => ended.resolve("SIGKILL"),
    disposed: disposed.promise,
  };
}

it("takes away what is left of a used runner as soon as that dies by itself", async () => {
  const pool = new RunnerPool({ warm: 2 } as RunnerPoolOptions);
  const [dying, living] = [usedRunner(), usedRunner()];
  pool.giveBack(living.runner);
  pool.giveBack(dying.runner);
  dying.die();
  await dying.disposed;
  expect(pool.takeUsed()).toBe(living.runner);
  expect(pool.takeUsed()).toBeUndefined();
});

it("leaves a runner that dies at its next job to who has it", async () => {
  const pool = new RunnerPool({ warm: 1 } as RunnerPoolOptions);
  const { runner, die, disposed } = usedRunner();
  pool.giveBack(runner);
  expect(pool.takeUsed()).toBe(runner);
  die();
  const outcome = await Promise.race([
    disposed.then(() => "disposed"),
    new Promise((resolve) => setImmediate(resolve, "left")),
  ]);
  expect(outcome).toBe("left");
});
