import { type Fleet, type FleetHost, fleetHost, fleet as fleetSchema } from "../../scans/contract.ts";
import type { Client } from "../client.ts";
import { renderFields, renderTable } from "../table.ts";
import { followScan } from "./host-security.ts";

export interface FleetFlags {
  selector?: string;
  group?: string;
  full?: boolean;
}

/** Scans all hosts that have labels or belong to a group, and tells each as it ends. @throws as `followScan`. */
export async function scanFleet(
  client: Client,
  { selector, group, full }: FleetFlags,
  tell: (line: string) => void,
): Promise<Fleet> {
  const query = new URLSearchParams({ ...(selector && { selector }), ...(group && { group }) });
  let done = 0;
  const path = `/api/v1/scan/${full ? "full" : "quick"}?${query}`;
  const data = await followScan(client, path, "fleet", (event) => {
    const { host, scan, fault } = fleetHost.parse(event);
    tell(`[${++done}] ${host.name}: ${scan ? `${scan.facts} facts, ${scan.milliseconds} ms` : fault}\n`);
  });
  return fleetSchema.parse(data);
}

export function renderFleet({ total, scanned, milliseconds, hosts }: Fleet, width?: number): string {
  const seconds = (milliseconds / 1000).toFixed(1);
  const head = renderFields([["scanned", `${scanned} of ${total} hosts in ${seconds} s`]]);
  const without = hosts.filter(({ scan }) => scan === null);
  if (without.length === 0) return head;
  const table = renderTable<FleetHost>(
    without,
    [
      { title: "NOT SCANNED", value: ({ host }) => host.name },
      { title: "WHY", value: ({ fault }) => fault?.replaceAll(/\p{Cc}+/gu, " "), flexible: true },
    ],
    width,
  );
  return `${head}\n${table}`;
}
