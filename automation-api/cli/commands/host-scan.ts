import { Command } from "commander";
import { z } from "zod";
import { invalid } from "../../errors.ts";
import {
  diff as diffSchema,
  report as reportSchema,
  type Scan,
  scan as scanSchema,
} from "../../scans/contract.ts";
import type { Client } from "../client.ts";
import { formatBytes } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderFields, renderTable } from "../table.ts";
import { type FleetFlags, renderFleet, scanFleet } from "./host-fleet.ts";
import { renderDiff } from "./host-scans.ts";
import { renderSecurity, scanFully, securitySummary } from "./host-security.ts";

/** What is printed of a report; all of it is in the JSON. */
const summary = reportSchema.extend({
  hardware: z.looseObject({
    cpu: z.looseObject({ model: z.string().nullable(), threads: z.number() }),
    memory: z.looseObject({ totalBytes: z.number().nullable() }),
    limits: z.looseObject({ cpus: z.number(), memoryBytes: z.number().nullable() }),
    disks: z.record(z.string(), z.looseObject({ bytes: z.number().nullable() })),
  }),
  virtualization: z.looseObject({
    hypervisor: z.string().nullable(),
    container: z.string().nullable(),
    cloud: z.looseObject({ provider: z.string() }).nullable(),
  }),
  system: z.looseObject({
    os: z.looseObject({ name: z.string().nullable() }),
    kernel: z.looseObject({ release: z.string().nullable() }),
    // Scans that older releases kept tell no login.
    login: z.object({ id: z.number().nullable(), user: z.string().nullable() }).optional(),
  }),
  software: z.looseObject({
    manager: z.string().nullable(),
    packages: z.record(z.string(), z.unknown()),
    applications: z.record(z.string(), z.unknown()),
    databases: z.record(z.string(), z.unknown()),
    runtimes: z.record(z.string(), z.unknown()),
  }),
  security: securitySummary.optional(),
  services: z.looseObject({ manager: z.string(), services: z.record(z.string(), z.unknown()) }),
  network: z.looseObject({
    ports: z.array(
      z.looseObject({
        protocol: z.string(),
        address: z.string(),
        port: z.number(),
        scope: z.string(),
        process: z.string().nullable(),
        package: z.string().nullable(),
        unit: z.string().nullable(),
      }),
    ),
  }),
});
type Summary = z.output<typeof summary>;

type ScanFlags = ClientFlags & FleetFlags & { sarif?: boolean; diff?: boolean; report?: boolean };

export function hostScanCommand(session: Session): Command {
  return withServer(new Command("scan"))
    .description("Scan a host now: what it is made of, what is installed, what runs and listens")
    .argument("[host]", "name or id")
    .option("--selector <labels>", "scan all hosts that have these labels, such as env=prod,role=web")
    .option("--group <name>", "scan all hosts of this group")
    .option("--full", "judge how safe it is too: settings, files, packages, known faults")
    .option("--diff", "print what is otherwise than in the scan before")
    .option("--report", "with --json: print all that was found")
    .option("--sarif", "with --full: print the findings as SARIF 2.1.0")
    .addHelpText(
      "after",
      examples(
        "roost host scan web-1",
        "roost host scan --selector env=prod",
        "roost host scan web-1 --full --sarif > web-1.sarif",
        "roost host scan web-1 --report --json | jq .network.ports",
      ),
    )
    .action(async (host: string | undefined, flags: ScanFlags) => {
      const isFleet = flags.selector !== undefined || flags.group !== undefined;
      if (isFleet === (host !== undefined)) throw invalid("host", "give a host, or --selector or --group");
      const client = await openClient(session, flags);
      if (host === undefined) return scanMany(session, client, flags);
      if (flags.sarif && !flags.full) throw invalid("--sarif", "is told of full scans: give --full too");
      const path = "/api/v1/scan/quick";
      const scan = flags.full
        ? await scanFully(client, host, (text) => session.context.stderr.write(text))
        : await client.send({ method: "POST", path, body: { host }, reply: scanSchema });
      const report = `/api/v1/reports/${scan.id}`;
      if (flags.sarif) {
        const log = await client.send({ path: report, query: { format: "sarif" }, reply: z.looseObject({}) });
        return void session.context.stdout.write(`${JSON.stringify(log, null, 2)}\n`);
      }
      if (flags.diff) {
        const found = await client.send({ path: `${report}/diff`, reply: diffSchema });
        return print(session, flags, found, renderDiff);
      }
      if (flags.json && !flags.report) return print(session, flags, scan, () => "");
      const found = await client.send({ path: report, reply: summary });
      print(session, flags, found, (one) => renderReport(scan, one, widthOf(session.context)));
    });
}

/** Exit code 1 when a host could not be scanned. */
async function scanMany(session: Session, client: Client, flags: ScanFlags): Promise<void> {
  for (const name of ["sarif", "diff", "report"] as const)
    if (flags[name]) throw invalid(`--${name}`, "is told of one host");
  const found = await scanFleet(client, flags, (text) => session.context.stderr.write(text));
  print(session, flags, found, (fleet) => renderFleet(fleet, widthOf(session.context)));
  session.exitCode = found.failed === 0 ? exitCodes.ok : exitCodes.failed;
}

function renderReport(scan: Scan, found: Summary, width: number | undefined): string {
  const { hardware, virtualization, system, software, services, network } = found;
  const bytes = (value: number | null) => (value === null ? "-" : formatBytes(value));
  const count = (things: object, word: string) => `${Object.keys(things).length} ${word}`;
  const names = (things: object) => Object.keys(things).join(", ") || null;
  const disks = Object.entries(hardware.disks).map(([name, disk]) => `${name} ${bytes(disk.bytes)}`);
  const { cloud, hypervisor, container } = virtualization;
  const place = [cloud?.provider, hypervisor === "unknown" ? "an unknown hypervisor" : hypervisor, container];
  const head = renderFields([
    ["host", scan.host.name],
    ["scan", `${scan.id}, ${scan.facts} facts in ${scan.milliseconds} ms`],
    ["system", `${system.os.name ?? "unknown"}, Linux ${system.kernel.release ?? "unknown"}`],
    ["runs on", place.filter(Boolean).join(", ") || "the bare machine"],
    [
      "processor",
      `${hardware.cpu.model ?? "unknown"}, ${hardware.cpu.threads} threads, ${hardware.limits.cpus} usable`,
    ],
    ["memory", `${bytes(hardware.memory.totalBytes)}, ${bytes(hardware.limits.memoryBytes)} usable`],
    ["disks", disks.join(", ")],
    [
      "software",
      `${count(software.packages, `packages (${software.manager ?? "none"})`)}, ${count(software.applications, "programs run")}`,
    ],
    ["databases", names(software.databases)],
    ["containers", names(software.runtimes)],
    ...(system.login?.id
      ? ([
          ["seen as", `${system.login.user ?? system.login.id}: programs and sockets of others are hidden`],
        ] as const)
      : []),
    ["services", `${count(services.services, "known")} (${services.manager})`],
  ]);
  const end = found.security ? `\n${renderSecurity(found.security, width)}` : "";
  if (network.ports.length === 0) return `${head}\nNo port is open.\n${end}`;
  const ports = renderTable(
    network.ports,
    [
      { title: "PORT", value: ({ protocol, port }) => `${protocol}/${port}` },
      { title: "ADDRESS", value: ({ address }) => address },
      { title: "REACHED FROM", value: ({ scope }) => scope },
      { title: "PROCESS", value: ({ process }) => process },
      { title: "PACKAGE", value: (port) => port.package, flexible: true },
      { title: "UNIT", value: ({ unit }) => unit },
    ],
    width,
  );
  return `${head}\n${ports}${end}`;
}
