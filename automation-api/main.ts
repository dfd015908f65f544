import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openToSessions, restoreServices } from "../plugins/roost/index.ts";
import { engineVersion, locate } from "../toolchain/found.mjs";
import { Sealer } from "./audit/service.ts";
import type { Settings } from "./config.ts";
import { type EmbeddedDatabase, startEmbedded } from "./db/embedded.ts";
import { Notices } from "./db/notify.ts";
import { type Connection, openDatabase } from "./db/pool.ts";
import { taskHub } from "./deployments/hub.ts";
import { Gate } from "./engine/gate.ts";
import { type Isolation, planIsolation } from "./engine/isolation.ts";
import { prepareRunners } from "./engine/runner-handle.ts";
import { RunnerPool } from "./engine/runner-pool.ts";
import { Worker } from "./engine/worker.ts";
import { RoostError } from "./errors.ts";
import { createApp } from "./http/app.ts";
import { createLogger } from "./http/log.ts";
import { startServer as listen } from "./http/server.ts";
import { startMaintenance } from "./maintenance/service.ts";
import { allRoutes } from "./routes.ts";
import { Sampler } from "./samples/sampler.ts";
import { openServices, proxyUrlOf, type ServiceOptions, type Services, version } from "./services.ts";
import { Keeper, type RunningProxy, startProxy } from "./sessions/service.ts";
import { Rechecks } from "./sign-in/service.ts";
import { stateBackendRoutes } from "./state-backend/routes.ts";
import { watchLeases } from "./state-backend/service.ts";

export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

/** Time that running deployments get to end when the server stops; then they go back into the queue. */
const stopGraceMilliseconds = 5_000;
const leaseWatchMilliseconds = 5_000;

export interface StartOptions extends ServiceOptions {
  /** File URL of a module that exports `builtins` and `providers`; default: the programs that come with Roost. */
  catalogue?: string;
  /** Told what a person who waits wants to know. */
  say?: (line: string) => void;
}

export interface RunningRoost {
  /** Where people reach it. */
  url: string;
  services: Services;
  database?: EmbeddedDatabase;
  /** Absent where this process runs no deployments. */
  isolation?: Isolation;
  /** Resolves when a deployment would find a runner waiting; absent likewise. */
  warmed?(): Promise<void>;
  /** True while the worker of this process holds its place among the others; absent likewise. */
  alive?(): boolean;
  stop(): Promise<void>;
}

type Work = Required<Pick<RunningRoost, "isolation" | "warmed" | "alive">>;

/** Starts the API, the documentation, the state backend and, unless told otherwise, a worker. */
export async function startServer(settings: Settings, options: StartOptions = {}): Promise<RunningRoost> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const { embedded, connection } = await openConnection(settings, options, stops, "owner");
    const services = await openServices(settings, connection, options);
    stops.push(() => services.close());
    const onError = (error: unknown) => services.log.error({ error }, "background work failed");
    let worker: Work | undefined;
    if (settings.ROOST_WORKERS > 0) {
      services.status.checks.worker = async () => {
        if (!worker?.alive()) throw new RoostError("unavailable", "the worker of this process does not run");
      };
    }
    const server = await serve(services, settings);
    stops.push(() => server.close());
    const closeToSessions = openToSessions(settings.ROOST_DATA_DIR, settings.ROOST_HOST, server.port);
    stops.push(async () => closeToSessions());
    stops.push(startSealer(services, onError));
    if (services.signIns.isOn) {
      const rechecks = new Rechecks(services.signIns, onError);
      stops.push(() => rechecks.close());
    }
    stops.push(startSampler(services));
    stops.push(watchLeases(services.state, leaseWatchMilliseconds, onError));
    stops.push(await startMaintenance(connection as { connectionString: string }, services, onError));
    if (settings.ROOST_WORKERS > 0) worker = await work(services, options, stops);
    return {
      url: settings.ROOST_PUBLIC_URL ?? server.url,
      services,
      database: embedded,
      ...worker,
      stop: () => stopAll(stops),
    };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

/** Starts a worker only: it needs nothing but the database. */
export async function startWorker(settings: Settings, options: StartOptions = {}): Promise<RunningRoost> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const { connection } = await openConnection(settings, options, stops, "guest");
    const services = await openServices(settings, connection, options);
    stops.push(() => services.close());
    const worker = await work(services, options, stops);
    return { url: "", services, ...worker, stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

/** Starts the sessions' proxy only: it needs nothing but the database, and holds no key. */
export async function startSessionProxy(
  settings: Settings,
  options: StartOptions = {},
): Promise<RunningProxy> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const { connection } = await openConnection(settings, options, stops, "guest");
    const database = openDatabase(connection, settings.ROOST_DATABASE_POOL);
    stops.push(() => database.close());
    const notices = new Notices(database);
    notices.start();
    stops.push(() => notices.close());
    const log = createLogger(settings.ROOST_LOG_LEVEL);
    const proxy = await startProxy({
      db: database.db,
      notices,
      proxyUrl: proxyUrlOf(settings),
      host: settings.ROOST_HOST,
      port: settings.ROOST_PROXY_PORT,
      onFault: (message, error) => log.error({ error }, message),
    });
    stops.push(() => proxy.close());
    return { url: proxy.url, close: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function openConnection(
  settings: Settings,
  { say }: StartOptions,
  stops: (() => Promise<void>)[],
  role: "owner" | "guest",
) {
  // Others may pass, nobody may look: runners have users of their own and folders below it.
  await mkdir(settings.ROOST_DATA_DIR, { recursive: true, mode: 0o711 });
  if (settings.DATABASE_URL) {
    return { connection: { connectionString: settings.DATABASE_URL } satisfies Connection };
  }
  const embedded = await startEmbedded({
    folder: settings.ROOST_DATA_DIR,
    tcpPort: settings.ROOST_DATABASE_PORT,
    say,
  });
  // A worker beside a server looks after the database too, but the server is who ends it.
  stops.push(() => (role === "owner" ? embedded.stop() : embedded.release()));
  return { embedded, connection: embedded.connection };
}

async function serve(services: Services, settings: Settings) {
  const { onRequest, onDelivered } = services.status.metrics;
  const app = createApp({
    hubs: [taskHub(services)],
    routes: allRoutes(services),
    settings,
    version,
    services: { ...services, onRequest, onDelivered },
  });
  return listen(app, settings, services.log);
}

function startSealer({ db, heads }: Services, onError: (error: unknown) => void): () => Promise<void> {
  const sealer = new Sealer({ db, heads, onError });
  sealer.start();
  return () => sealer.close();
}

/** In each process that serves the API: connections to hosts are there. */
function startSampler({ db, hostReader, log }: Services): () => Promise<void> {
  const sampler = new Sampler({
    db,
    hostReader,
    onFault: (message, error) => log.error({ error }, message),
  });
  sampler.start();
  return () => sampler.close();
}

/** A worker with its own loopback listener of the state backend, so that no API process stands between. */
async function work(
  services: Services,
  options: StartOptions,
  stops: (() => Promise<void>)[],
): Promise<Work> {
  const { settings, state, queue, programs, database, notices, log } = services;
  const { engine, cache } = locate();
  if (!engine.found) throw new RoostError("unavailable", [engine.reason, ...engine.next].join("\n  "));
  const onFault = (message: string, error?: unknown) => log.error({ error }, message);
  const app = createApp({
    routes: stateBackendRoutes(state),
    settings: { ROOST_BEHIND_PROXY: false },
    version,
    services,
  });
  const gate = new Gate();
  const listener = await listen(
    { ...app, handler: gate.before(app.handler) },
    { ROOST_HOST: "127.0.0.1", ROOST_PORT: 0 },
    log,
  );
  stops.push(() => listener.close());
  const servicesFolder = settings.ROOST_DATA_DIR;
  for (const target of Object.values(services.sessionTargets)) {
    await target.prepare?.().catch((error) => onFault("sessions could not be kept apart", error));
  }
  await restoreServices(servicesFolder);
  const kind = {
    memoryMegabytes: settings.ROOST_RUNNER_MEMORY_MB,
    setup: {
      enginePath: engine.path,
      engineVersion: engineVersion(),
      catalogue: options.catalogue ?? new URL("../stacks/index.ts", import.meta.url).href,
      commandProvider: settings.ROOST_COMMAND_PROVIDER,
      prices: services.prices,
    },
  };
  const compileCache = await prepareRunners(cache, kind);
  const isolation = await planIsolation({
    dataFolder: settings.ROOST_DATA_DIR,
    projectFolder,
    enginePath: engine.path,
    needed: [compileCache],
  });
  const pool = new RunnerPool({
    ...kind,
    warm: settings.ROOST_WARM_RUNNERS,
    isolation,
    gate,
    compileCache,
    servicesFolder,
    sessionTargets: services.sessionTargets,
    nextSlot: () => queue.nextSlot(),
    wantsPolicies: () => queue.forcesPolicies(),
    onOutput: (line) => log.debug({ line }, "a runner wrote"),
    onFault: (message) => onFault(message),
  });
  const worker = new Worker({
    database,
    notices,
    queue,
    pool,
    slots: settings.ROOST_WORKERS,
    heartbeatMilliseconds: settings.ROOST_HEARTBEAT_MS,
    deathMilliseconds: settings.ROOST_DEATH_MS,
    timeLimitMilliseconds: settings.ROOST_DEPLOYMENT_MINUTES * 60_000,
    backendUrl: listener.url,
    resolveSource: ({ organizationId, projectId }, program, place) =>
      programs.resolve(program, { organizationId, projectId, ...place }),
    budgeted: ({ stackId }, forced) => services.costs.budgeted(stackId, forced),
    costOfPreview: ({ stackId }, after) => services.costs.ofPreview(stackId, after),
    resolveLogins: (claim) => services.hostChanges.loginsOf(claim),
    onFault,
  });
  await worker.start();
  stops.push(() => worker.stop(stopGraceMilliseconds));
  const keeper = new Keeper({
    ...services,
    ...services.status.metrics.sessions,
    targets: services.sessionTargets,
    onFault,
  });
  keeper.start();
  stops.push(() => keeper.close());
  return { isolation, warmed: () => pool.warmed(), alive: () => worker.alive };
}

/** In the reverse order of starting; one that fails does not keep the others from stopping. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const faults: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) await stop().catch((error) => faults.push(error));
  if (faults.length > 0) throw new AggregateError(faults, "Not everything could be stopped in order.");
}
