import { z } from "zod";
import { type ErrorCode, errorStatus, RoostError } from "../../errors.ts";
import { type Scan, scanProgress, scan as scanSchema } from "../../scans/contract.ts";
import type { Client } from "../client.ts";
import { parseEvents } from "../event-stream.ts";
import { renderFields, renderTable } from "../table.ts";

/** Narrower terminals have no room for what a check is about beside what was seen. */
const wideColumns = 140;

const failure = z.object({
  code: z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
});

/** What is printed of a full scan's security; all of it is in the JSON. */
export const securitySummary = z.looseObject({
  index: z.number().nullable(),
  counts: z.record(z.string(), z.number()),
  judgements: z.array(
    z.looseObject({
      check: z.string(),
      outcome: z.string(),
      title: z.string().optional(),
      severity: z.enum(["high", "medium", "low"]).optional(),
      seen: z.array(z.string()),
    }),
  ),
  vulnerabilities: z.looseObject({
    reason: z.string().nullable(),
    sources: z.array(
      z.looseObject({ kind: z.string(), release: z.string(), ageDays: z.number().nullable() }),
    ),
    findings: z.array(z.looseObject({ id: z.string().nullable(), state: z.string() })),
  }),
  reasons: z.record(z.string(), z.string()),
});

/**
 * Scans a host fully and tells each step as it ends.
 * @throws what the server refused, or why there is no scan.
 */
export async function scanFully(client: Client, host: string, tell: (line: string) => void): Promise<Scan> {
  const path = `/api/v1/scan/full?host=${encodeURIComponent(host)}`;
  const data = await followScan(client, path, "scan", (event) => {
    const { title, done, of, milliseconds, reason } = scanProgress.parse(event);
    if (done > 0) tell(`[${done}/${of}] ${title}: ${reason ?? `${milliseconds} ms`}\n`);
  });
  return scanSchema.parse(data);
}

/**
 * Follows a scan by its events.
 * @param last name of the event that holds what is returned.
 * @throws what the server refused, or why there is no scan.
 */
export async function followScan(
  client: Client,
  path: string,
  last: "scan" | "fleet",
  onEvent: (data: unknown) => void,
): Promise<unknown> {
  const leaving = new AbortController();
  const response = await client.open(path, { accept: "text/event-stream" }, leaving.signal);
  for await (const { event, data } of parseEvents(response.body as AsyncIterable<Uint8Array>)) {
    if (event === last) return JSON.parse(data);
    if (event === "error") {
      const { code, detail } = failure.parse(JSON.parse(data));
      throw new RoostError(code, detail);
    }
    onEvent(JSON.parse(data));
  }
  throw new RoostError("unavailable", "The connection was lost before the scan had ended.");
}

/** The index, what fails, and what is known of faults and how old that knowledge is. */
export function renderSecurity(security: z.output<typeof securitySummary>, width?: number): string {
  const { index, counts, judgements, vulnerabilities, reasons } = security;
  const of = (outcome: string) => counts[outcome] ?? 0;
  const { findings, sources } = vulnerabilities;
  const fixable = findings.filter(({ state }) => state === "fixable").length;
  const data = sources.map(
    ({ kind, release, ageDays }) => `${kind} for ${release}, ${ageDays ?? "unknown"} days old`,
  );
  const head = renderFields([
    ["security", `index ${index ?? "unknown"} of 100`],
    [
      "checks",
      `${of("pass")} pass, ${of("fail")} fail, ${of("unknown")} unknown, ${of("not-applicable")} do not apply`,
    ],
    [
      "known faults",
      vulnerabilities.reason ?? `${findings.length}, ${fixable} of them with a fix (${data.join("; ")})`,
    ],
    [
      "not seen",
      Object.entries(reasons)
        .map(([name, why]) => `${name}: ${why}`)
        .join("; ") || null,
    ],
  ]);
  const failed = judgements.filter(({ outcome }) => outcome === "fail");
  if (failed.length === 0) return head;
  const weights = { high: 0, medium: 1, low: 2 };
  failed.sort((a, b) => weights[a.severity ?? "low"] - weights[b.severity ?? "low"]);
  const isWide = width === undefined || width >= wideColumns;
  const titleOf = ({ title }: (typeof failed)[number]) => title;
  const table = renderTable(
    failed,
    [
      { title: "SEVERITY", value: ({ severity }) => severity },
      { title: "FAILED CHECK", value: ({ check }) => check },
      ...(isWide ? [{ title: "IT ASKS THAT", value: titleOf }] : []),
      {
        title: "SEEN",
        value: ({ seen }) => seen.join("; ").replaceAll(/\p{Cc}+/gu, " ") || "nothing",
        flexible: true,
      },
    ],
    width,
  );
  return `${head}\n${table}`;
}
