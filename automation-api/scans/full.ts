import { randomBytes } from "node:crypto";
import { type Facts, marked, Probe, readDetails } from "../../host-provisioning/facts/index.ts";
import {
  assembleSecurity,
  type StepName,
  type StepResult,
  sourcesOf,
  steps,
  type Tracker,
} from "../../host-provisioning/security/index.ts";
import { messageOf } from "../errors.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import { HostError } from "../hosts/ssh/contract.ts";
import type { ScanProgress } from "./contract.ts";
import type { TrackerFile } from "./tracker-file.ts";

const deadlineMilliseconds = 120_000;
const outputBytes = 16 * 1024 * 1024;
/** Without these no other step has a chance either. */
const fatal = new Set(["unreachable", "host-key", "authentication"]);

/** Of the quick scan that comes first, and of each step. */
export const fullSteps = steps.length + 1;

/**
 * The steps of a full scan beyond a quick one, all at a time over the host's one connection. Yields as each ends;
 * one that fails leaves the others.
 * @returns what they found.
 * @throws HostError for a host that is lost.
 */
export async function* lookCloser(
  reader: HostReader,
  host: ReadableHost,
  facts: Facts,
  { trackerFile, signal }: { trackerFile?: TrackerFile; signal?: AbortSignal },
): AsyncGenerator<ScanProgress, Pick<Facts, "details" | "security">> {
  const results = new Map<StepName, StepResult>();
  const running = new Map(
    steps.map((step) => [step.name, look(reader, host, step, signal).then((result) => ({ step, result }))]),
  );
  // One that fails while another is waited for is told when its turn comes.
  for (const each of running.values()) each.catch(() => undefined);
  while (running.size > 0) {
    const { step, result } = await Promise.race(running.values());
    running.delete(step.name);
    results.set(step.name, result);
    yield {
      step: step.name,
      title: step.title,
      done: results.size + 1,
      of: fullSteps,
      milliseconds: result.milliseconds,
      reason: result.reason,
    };
  }
  const { tracker, reason } = await readTracker(facts, trackerFile);
  const byName = Object.fromEntries(results) as Record<StepName, StepResult>;
  const security = assembleSecurity(facts, byName, { tracker, at: new Date() });
  if (reason) security.reasons.tracker = reason;
  const { probe } = byName.details;
  return { ...(probe && { details: readDetails(probe, facts.system.users) }), security };
}

async function look(
  reader: HostReader,
  host: ReadableHost,
  { text }: { text: string },
  signal?: AbortSignal,
): Promise<StepResult> {
  const mark = randomBytes(16).toString("hex");
  const began = Date.now();
  const run = { script: marked(text, mark), deadlineMs: deadlineMilliseconds, capBytes: outputBytes, signal };
  try {
    const { stdout } = await reader.run(host, run);
    const probe = new Probe(stdout.toString("utf8"), mark);
    const milliseconds = Date.now() - began;
    if (probe.isWhole) return { probe, reason: null, milliseconds };
    return { probe: null, reason: "It did not come to its end there.", milliseconds };
  } catch (error) {
    if (!(error instanceof HostError) || fatal.has(error.fault)) throw error;
    return { probe: null, reason: error.message, milliseconds: Date.now() - began };
  }
}

async function readTracker(
  { software }: Facts,
  file: TrackerFile | undefined,
): Promise<{ tracker?: Tracker; reason?: string }> {
  if (!file || software.manager !== "dpkg") return {};
  try {
    return { tracker: await file.read(sourcesOf(software.packages).keys()) };
  } catch (error) {
    return { reason: `The tracker's file could not be read: ${messageOf(error)}` };
  }
}
