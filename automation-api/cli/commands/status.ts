import { Command } from "commander";
import { type DeploymentSummary, deploymentPage } from "../../deployments/contract.ts";
import { readiness, type SystemStatus, systemStatus } from "../../system/contract.ts";
import type { Client } from "../client.ts";
import { ageOf, formatBytes } from "../duration.ts";
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

interface Status {
  address: string;
  ready: Awaited<ReturnType<typeof readReadiness>>;
  system: SystemStatus;
  deployments: DeploymentSummary[];
}

export function statusCommand(session: Session): Command {
  return withServer(new Command("status"))
    .description("Show the server, its engine, its queue and its workers")
    .addHelpText("after", examples("roost status", "roost status --url https://roost.example.com --json"))
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const status: Status = {
        address: client.connection.origin,
        ready: await readReadiness(client),
        system: await client.send({ path: "/api/v1/system", reply: systemStatus }),
        deployments: [...(await listIn(client, "running")), ...(await listIn(client, "queued"))],
      };
      print(session, flags, status, (all) => render(all, widthOf(session.context)));
    });
}

async function listIn(client: Client, state: "running" | "queued"): Promise<DeploymentSummary[]> {
  return (await client.list({ path: "/api/v1/deployments", query: { state } }, deploymentPage, 50)).items;
}

/** "Not ready" is an answer too, not a failure to ask. */
async function readReadiness(client: Client) {
  const response = await fetch(new URL("/ready", client.connection.origin), { redirect: "error" }).catch(
    () => undefined,
  );
  const parsed = readiness.safeParse(await response?.json().catch(() => undefined));
  return parsed.success ? parsed.data : { status: "not ready" as const, checks: {} };
}

function render({ address, ready, system, deployments }: Status, width: number | undefined): string {
  const faults = Object.entries(ready.checks).filter(([, { ok }]) => !ok);
  const { database, disk, workers } = system;
  const alive = workers?.filter(({ alive: lives }) => lives);
  const counts = Object.entries(system.deployments).map(([state, count]) => `${count} ${state}`);
  const head = renderFields([
    ["server", `${address}  version ${system.version}, up for ${ageOf(system.startedAt)}`],
    [
      "ready",
      faults.length === 0
        ? ready.status
        : faults.map(([name, { message }]) => `${name}: ${message}`).join("; "),
    ],
    ["organization", system.organization.name],
    [
      "engine",
      system.engine
        ? `pulumi ${system.engine.version}`
        : "none in this process: deployments run in workers elsewhere",
    ],
    [
      "database",
      `PostgreSQL ${database.version}${database.embedded ? ", embedded" : ""}, schema ${system.schema}`,
    ],
    ...(disk
      ? [
          [
            "disk",
            `database ${formatBytes(disk.databaseBytes)}, ${formatBytes(disk.dataFreeBytes)} free`,
          ] as const,
        ]
      : []),
    ...(alive ? [["workers", workersText(alive)] as const] : []),
    ["deployments", counts.join(", ") || "none yet"],
  ]);
  if (deployments.length === 0) return head;
  const table = renderTable(
    deployments,
    [
      { title: "DEPLOYMENT", value: ({ id }) => id },
      { title: "STACK", value: ({ project, stack }) => `${project}/${stack}` },
      { title: "OPERATION", value: ({ operation }) => operation },
      {
        title: "STATE",
        value: ({ state, position }) => (position > 0 ? `${state}, ${position} before it` : state),
      },
      { title: "FOR", value: (one) => ageOf(one.startedAt ?? one.createdAt) },
      { title: "WAITS FOR", value: ({ waitingFor }) => waitingFor && waitText(waitingFor), flexible: true },
    ],
    width,
  );
  return `${head}\n${table}`;
}

function workersText(alive: NonNullable<SystemStatus["workers"]>): string {
  if (alive.length === 0)
    return "none: deployments stay queued. Start one with `roost worker`, or set ROOST_WORKERS above 0.";
  const slots = alive.reduce((sum, { slots: each }) => sum + each, 0);
  const running = alive.reduce((sum, { running: each }) => sum + each, 0);
  return `${alive.length}, ${running} of ${slots} slots taken`;
}

function waitText(waiting: NonNullable<DeploymentSummary["waitingFor"]>): string {
  return waiting.kind === "deployment" ? waiting.id : `${waiting.name} (${waiting.command})`;
}
