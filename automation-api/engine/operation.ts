import type { EngineEvent, PreviewOptions, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Job, OperationOptions } from "./contract.ts";
import type { PolicyFlags } from "./policies.ts";

interface Running {
  onEvent: (event: EngineEvent) => void;
  signal: AbortSignal;
  /** Of policies that are forced. */
  policies?: PolicyFlags;
}

/** Runs the job's operation on its stack; rejects with `EngineFailure` when the engine fails. */
export async function runOperation(stack: Stack, job: Job, running: Running): Promise<void> {
  const { policies, ...watching } = running;
  const common = {
    ...watching,
    color: "never" as const,
    ...targeting(job.options),
  };
  const { refreshFirst, continueOnError, replace } = job.options;
  switch (job.operation) {
    case "preview":
      await stack.preview({ ...common, ...policies, diff: true, refresh: refreshFirst, replace });
      return;
    case "update":
      if (policies) await judgeFirst(stack, { ...common, ...policies, refresh: refreshFirst, replace });
      await stack.up({ ...common, ...policies, refresh: refreshFirst, continueOnError, replace });
      return;
    case "refresh":
      await stack.refresh(common);
      return;
    case "destroy":
      await stack.destroy({ ...common, refresh: refreshFirst, continueOnError });
  }
}

/**
 * Policies of a whole stack are asked at the end of an operation, so an update would have made what they refuse.
 * A preview before it asks them in time; what it says is told only when it ends the deployment.
 */
async function judgeFirst(stack: Stack, options: PreviewOptions): Promise<void> {
  const said: EngineEvent[] = [];
  try {
    await stack.preview({ ...options, onEvent: (event) => said.push(event) });
  } catch (error) {
    // Not what it would have made: an update that is refused has changed nothing.
    for (const event of said) if (event.policyEvent || event.diagnosticEvent) options.onEvent?.(event);
    throw error;
  }
}

function targeting(options: OperationOptions) {
  return { target: options.targets, parallel: options.parallel };
}
