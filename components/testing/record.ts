import { runtime } from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { GRAPH_FORMAT, type Graph } from "./graph.ts";
import { RecordingMonitor } from "./monitor.ts";

/** The SDK's way to give a program a runtime state of its own; its types hide it. */
const { withLocalStorage } = state as unknown as { withLocalStorage<T>(run: () => T): T };

export interface RecordSettings {
  /** Default "example". */
  project?: string;
  /** Default "dev". */
  stack?: string;
  /** Organization that StackReferences and getOrganization see. Default "roost". */
  organization?: string;
  /**
   * As a preview of a first deployment: what only a cloud knows (ids, ARNs, addresses) is not known, and neither is
   * what is made from it. In the graph such a value is the text "[unknown]". Default false: they are made up.
   */
  preview?: boolean;
  /**
   * Keeps stack traces of errors. The SDK takes one for every promise, so a recording then takes three times
   * as long, and in a test that maps sources ten times. Default false.
   */
  traces?: boolean;
}

/**
 * Runs a program against a recorder instead of an engine and returns every resource that it registers.
 *
 * Strict: a call of a provider function (an invoke) fails the recording, because a component must not need an
 * account to be previewed; so do two resources with the same URN. Several recordings may run at a time.
 *
 * @param program declares resources; what it returns becomes the stack's outputs.
 * @throws whatever the program throws; Error naming each call and each double.
 */
export async function record(
  program: () => unknown | Promise<unknown>,
  settings: RecordSettings = {},
): Promise<Graph> {
  if (!settings.traces) return withoutTraces(() => record(program, { ...settings, traces: true }));
  const { project = "example", stack = "dev", organization = "roost", preview = false } = settings;
  return withLocalStorage(async () => {
    const monitor = new RecordingMonitor(project, stack, preview);
    runtime.setMockOptions(monitor, project, stack, preview, organization);
    let failure: { error: unknown } | undefined;
    await runtime.runInPulumiStack(async () => {
      runtime.registerStackTransformation(({ type, props }) => {
        monitor.learn(type, props as Record<string, unknown>);
        return undefined;
      });
      try {
        return await program();
      } catch (error) {
        // Kept aside: the stack resource would turn it into an unhandled rejection as well.
        failure = { error };
      }
    });
    await runtime.disconnect();
    const faults = monitor.faults();
    if (faults.length > 0) throw new Error(faults.join("\n"), { cause: failure?.error });
    if (failure) throw failure.error;
    return {
      format: GRAPH_FORMAT,
      project,
      stack,
      resources: monitor.resources(),
      outputs: monitor.outputs(),
    };
  });
}

/** Recordings without traces that run now, and what to go back to after the last. */
let withoutTrace = 0;
let usualLimit: PropertyDescriptor | undefined;

/**
 * The SDK raises the limit to take the whole stack of each resource, which nothing here reads: so the limit is no
 * number, for which V8 takes none, and stays so.
 */
const NO_LIMIT: PropertyDescriptor = { configurable: true, get: () => 0, set: () => {} };

async function withoutTraces<T>(run: () => Promise<T>): Promise<T> {
  if (withoutTrace === 0) {
    usualLimit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
    Object.defineProperty(Error, "stackTraceLimit", NO_LIMIT);
  }
  withoutTrace += 1;
  try {
    return await run();
  } finally {
    withoutTrace -= 1;
    if (withoutTrace === 0) Object.defineProperty(Error, "stackTraceLimit", usualLimit!);
  }
}
