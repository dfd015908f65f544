import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { Diagnostic } from "../queue/contract.ts";

/** Diagnostics kept in the deployment's row; the stream has all. */
const keptDiagnostics = 200;

/** What a deployment's engine events add up to. */
export class EventRecord {
  changes: Record<string, number> | undefined;
  outputs: Record<string, unknown> | undefined;
  readonly diagnostics: Diagnostic[] = [];

  add(event: EngineEvent): void {
    if (event.summaryEvent) this.changes = counts(event.summaryEvent.resourceChanges);
    const outputs = stackOutputs(event);
    if (outputs) this.outputs = outputs;
    const diagnostic = diagnosticOf(event);
    if (diagnostic && this.diagnostics.length < keptDiagnostics) this.diagnostics.push(diagnostic);
  }

  /** The first error that the program or a provider gave: what a person wants to read first. */
  get error(): string | undefined {
    return this.diagnostics.find(({ severity }) => severity === "error")?.message;
  }
}

function counts(changes: object | undefined): Record<string, number> {
  return { ...(changes as Record<string, number> | undefined) };
}

/** The stack resource's outputs; secret ones come masked from the engine. */
function stackOutputs(event: EngineEvent): Record<string, unknown> | undefined {
  const metadata = event.resOutputsEvent?.metadata;
  return metadata?.type === "pulumi:pulumi:Stack" ? metadata.new?.outputs : undefined;
}

function diagnosticOf(event: EngineEvent): Diagnostic | undefined {
  if (event.policyEvent) return policyDiagnostic(event.policyEvent);
  const given = event.diagnosticEvent;
  if (!given || given.ephemeral || !["error", "warning"].includes(given.severity)) return undefined;
  return { severity: given.severity, message: plain(given.message), ...(given.urn && { urn: given.urn }) };
}

/** What a policy found: the reason of a refusal, which the engine itself sums up as "preview failed". */
function policyDiagnostic(event: NonNullable<EngineEvent["policyEvent"]>): Diagnostic {
  const { policyName, message, enforcementLevel, resourceUrn } = event;
  const severity = enforcementLevel === "mandatory" ? "error" : "warning";
  const text = `The policy ${policyName}: ${plain(message)}`;
  return { severity, message: text, ...(resourceUrn && { urn: resourceUrn }) };
}

/** Without the engine's colour marks, such as `<{%reset%}>`. */
export function plain(message: string): string {
  return message.replaceAll(/<\{%[^%]*%\}>/g, "").trimEnd();
}
