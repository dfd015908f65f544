import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Job, OperationOptions } from "./contract.ts";

interface Running {
  onEvent: (event: EngineEvent) => void;
  signal: AbortSignal;
}

/** Runs the job's operation on its stack; rejects with `EngineFailure` when the engine fails. */
export async function runOperation(stack: Stack, job: Job, running: Running): Promise<void> {
  const common = {
    ...running,
    message: job.message || undefined,
    color: "never" as const,
    ...targeting(job.options),
  };
  const { refreshFirst, continueOnError, replace } = job.options;
  switch (job.operation) {
    case "preview":
      await stack.preview({ ...common, diff: true, refresh: refreshFirst, replace });
      return;
    case "update":
      await stack.up({ ...common, refresh: refreshFirst, continueOnError, replace });
      return;
    case "refresh":
      await stack.refresh(common);
      return;
    case "destroy":
      await stack.destroy({ ...common, refresh: refreshFirst, continueOnError });
  }
}

function targeting(options: OperationOptions) {
  return { target: options.targets, parallel: options.parallel };
}
