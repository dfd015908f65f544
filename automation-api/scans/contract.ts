import { z } from "zod";
import { hostQuery } from "../hosts/contract.ts";
import { pageQuery, pageReply } from "../http/page.ts";

const host = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "expected the id or the name of a host")
  .optional()
  .describe("Id or name of the host; may be left out while there is only one.");
const scanId = z.string().regex(/^scn_[0-9a-z]{26}$/, "expected scn_…");

const { selector, group } = hostQuery.shape;

export const scanRequest = z
  .strictObject({ host, selector, group })
  .refine((request) => request.host === undefined || !isSelection(request), {
    path: ["host"],
    error: "give one host, or the labels or group of many",
  });
export type FleetSelection = { selector?: string; group?: string };

/** Does a request ask for many hosts? */
export function isSelection({ selector, group }: FleetSelection): boolean {
  return selector !== undefined || group !== undefined;
}

export const scanParams = z.strictObject({ id: scanId });
export const scanListQuery = pageQuery.extend({ host });
export type ScanListQuery = z.output<typeof scanListQuery>;
export const discoverQuery = z.strictObject({
  host,
  fresh: z
    .enum(["0", "1"])
    .default("0")
    .describe("1: scan now, for which the permission host:connect is needed."),
});
export type DiscoverQuery = z.output<typeof discoverQuery>;
export const reportQuery = z.strictObject({
  format: z
    .enum(["json", "mermaid", "sarif", "html"])
    .optional()
    .describe(
      "mermaid: the host and what it is connected to, as a flowchart; html: one page; sarif: the findings of a full scan. Default: by Accept, else json.",
    ),
});
export const diffQuery = z.strictObject({
  base: scanId.optional().describe("What is compared with; default: the scan of the same host before."),
});

export const scan = z.object({
  id: z.string(),
  host: z.object({ id: z.string(), name: z.string() }),
  kind: z.enum(["quick", "full"]),
  facts: z.number().describe("Single values that are known."),
  bytes: z.number().describe("Of the facts as JSON; they are kept compressed."),
  milliseconds: z.number().describe("How long it took, the login included where one was needed."),
  requester: z.string(),
  createdAt: z.string(),
});
export type Scan = z.output<typeof scan>;
export const scanPage = pageReply(scan);

export const fleetHost = z.object({
  host: z.object({ id: z.string(), name: z.string() }),
  scan: scan.nullable(),
  fault: z.string().nullable().describe("Why there is no scan."),
});
export type FleetHost = z.output<typeof fleetHost>;
export const fleet = z.object({
  total: z.number(),
  scanned: z.number(),
  failed: z.number(),
  milliseconds: z.number(),
  hosts: z.array(fleetHost).describe("By name."),
});
export type Fleet = z.output<typeof fleet>;

/** Their fields are those of the types in host-provisioning/facts. */
const part = (description: string) => z.looseObject({}).describe(description);
const hardware = part("Processor, memory, limits of control groups, disks, PCI, USB, firmware, sensors.");
const virtualization = part("Hypervisor, container and cloud, with the evidence.");
const system = part("Distribution, kernel, users, mounts, kernel settings.");
const software = part("Packages, running applications, databases, container runtimes.");
const services = part("Units of systemd, OpenRC and init scripts, programs of supervisord.");
const network = part("Interfaces, routes, neighbours, open ports with their owners, peers.");
const performance = part(
  "Load, pressure, use of memory, disks and interfaces at the time of the scan; `history`: samples of the day before.",
);

const security = part(
  "Settings, checks and their outcome, known faults, open ports, files that give rights.",
);

const details = part(
  "Of full scans: room on filesystems, names of disks, RAID and volumes, host keys, who may log in by key and who is, schedules, states of units, packages of pip, npm, gem, snap and flatpak.",
);

export const scanProgress = z.object({
  step: z.string(),
  title: z.string(),
  done: z.number().describe("Steps that have ended."),
  of: z.number(),
  milliseconds: z.number(),
  reason: z.string().nullable().describe("Why this step found nothing."),
});
export type ScanProgress = z.output<typeof scanProgress>;

const found = z.object({ scan });
export const hardwareReply = found.extend({
  ...{ hardware, virtualization, performance },
  details: details.optional(),
});
export const softwareReply = found.extend({ system, software, services, details: details.optional() });
export const networkReply = found.extend({ network, details: details.optional() });
export const securityReply = found.extend({ security, details: details.optional() });
export const report = found.extend({
  hardware,
  virtualization,
  system,
  software,
  services,
  network,
  performance,
  processes: part("What ran, by process id. Arguments are not kept: they hold passwords."),
  details: details.optional(),
  security: security.optional(),
  topology: z.object({
    nodes: z.array(z.object({ id: z.string(), kind: z.string(), label: z.string() })),
    edges: z.array(z.object({ from: z.string(), to: z.string(), label: z.string() })),
  }),
});

export const diff = z.object({
  base: scan,
  scan,
  total: z.number().describe("Differences; at most 5000 of them are listed."),
  changes: z.array(
    z.object({
      path: z.array(z.string()).describe("Names from the outermost in."),
      kind: z.enum(["added", "removed", "changed"]),
      before: z.unknown(),
      after: z.unknown(),
    }),
  ),
});
export type Diff = z.output<typeof diff>;
