import { statfs } from "node:fs/promises";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Db } from "../db/transaction.ts";
import * as queries from "./queries.ts";
import { createSessionMetrics, type SessionMetrics } from "./session-metrics.ts";

export interface MetricsOptions {
  db: Db;
  dataFolder: string;
  /** A worker silent for this long is dead. */
  deathMs: number;
  /** Puts stack names into labels. */
  withStacks: boolean;
  openStreams: () => number;
}

export interface Metrics {
  /** Prometheus text. */
  render(): Promise<string>;
  contentType: string;
  onRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  onDelivered(lagSeconds: number): void;
  sessions: SessionMetrics;
}

/** Stored bytes are summed at most this often: it reads every version's row. */
const stackBytesEveryMs = 60_000;

/** Metrics of this process and of the database behind it. Labels name routes, never paths, stacks or people. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "roost_http_request_duration_seconds",
    help: "Time from a request's head to the end of its reply.",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  const lag = new Histogram({
    name: "roost_event_lag_seconds",
    help: "Time from the storing of an event to its delivery to a reader.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  });
  addGauges(registry, options);
  if (options.withStacks) addStackGauge(registry, options.db);
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    onRequest: ({ seconds, status, ...labels }) =>
      requests.observe({ ...labels, status: String(status) }, seconds),
    onDelivered: (seconds) => lag.observe(seconds),
    sessions: createSessionMetrics(registry, options.db),
  };
}

function addGauges(registry: Registry, { db, dataFolder, deathMs, openStreams }: MetricsOptions): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    collect: (gauge: Gauge) => Promise<void>,
  ) => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        await collect(this as Gauge);
      },
    });
  };
  gauge(
    "roost_deployments",
    "Deployments by state; ended ones of the last 24 hours.",
    ["state"],
    async (all) => {
      for (const { state, count } of await queries.countDeployments(db)) all.set({ state }, count);
    },
  );
  gauge("roost_queue_age_seconds", "Age of the oldest deployment that waits.", [], async (age) => {
    age.set(await queries.readQueueAge(db));
  });
  gauge("roost_workers", "Workers, alive and dead without a good end.", ["state"], async (workers) => {
    const rows = await queries.listWorkers(db, deathMs);
    const alive = rows.filter((row) => row.alive).length;
    workers.set({ state: "alive" }, alive);
    workers.set({ state: "dead" }, rows.length - alive);
  });
  gauge(
    "roost_open_streams",
    "Readers of event streams in this process; a WebSocket counts once for each stream that it follows.",
    [],
    async (streams) => {
      streams.set(openStreams());
    },
  );
  gauge("roost_audit_unsealed_rows", "Audit rows of the last hour without a seal.", [], async (rows) => {
    rows.set(await queries.countUnsealedAudit(db));
  });
  gauge(
    "roost_disk_bytes",
    "Size of the database, and of the disk under the data folder.",
    ["what"],
    async (disk) => {
      const { databaseBytes, dataFreeBytes, dataTotalBytes } = await readDisk(db, dataFolder);
      disk.set({ what: "database" }, databaseBytes);
      disk.set({ what: "data_free" }, dataFreeBytes);
      disk.set({ what: "data_total" }, dataTotalBytes);
    },
  );
}

function addStackGauge(registry: Registry, db: Db): void {
  let readAtMs = Number.NEGATIVE_INFINITY;
  new Gauge({
    name: "roost_stack_bytes",
    help: "Stored versions of a stack's state, compressed.",
    labelNames: ["project", "stack"],
    registers: [registry],
    async collect() {
      if (performance.now() - readAtMs < stackBytesEveryMs) return;
      readAtMs = performance.now();
      this.reset();
      for (const { project, stack, bytes } of await queries.listStackBytes(db, 1_000)) {
        this.set({ project, stack }, bytes);
      }
    },
  });
}

export async function readDisk(db: Db, dataFolder: string) {
  const { bavail, blocks, bsize } = await statfs(dataFolder);
  return {
    databaseBytes: await queries.readDatabaseBytes(db),
    dataFreeBytes: bavail * bsize,
    dataTotalBytes: blocks * bsize,
  };
}
