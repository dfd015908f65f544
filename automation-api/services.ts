import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isolationOf, openSessionTargets, type SessionTargets } from "../plugins/roost/index.ts";
import type { PriceTable } from "../policies/index.ts";
import { type Builtins, builtins, checkConfig } from "../stacks/index.ts";
import { engineVersion } from "../toolchain/found.mjs";
import type { SystemPrincipal } from "./access/permissions.ts";
import {
  Authenticator,
  ensureFirstAdmin,
  type FirstAdmin,
  Guard,
  systemPrincipal,
} from "./access/service.ts";
import { Aliases } from "./aliases/service.ts";
import { Heads } from "./audit/service.ts";
import { Benchmarks } from "./benchmarks/service.ts";
import type { Settings } from "./config.ts";
import { ConfigTemplates } from "./config-templates/service.ts";
import { Costs, pricesOf } from "./costs/service.ts";
import { Credentials } from "./credentials/service.ts";
import { checkSchema, migrate } from "./db/migrate.ts";
import { Notices } from "./db/notify.ts";
import { type Connection, type Database, openDatabase } from "./db/pool.ts";
import type { Db } from "./db/transaction.ts";
import { Deployments } from "./deployments/service.ts";
import { Environments } from "./environments/service.ts";
import { EventFeed } from "./events/service.ts";
import { parseAllowRules } from "./git/index.ts";
import { HostActions } from "./host-actions/service.ts";
import { HostMigrations } from "./host-migrations/service.ts";
import { HostChanges, HostChecks, HostConnections, HostGroups, HostReader, Hosts } from "./hosts/service.ts";
import { createLogger, type Logger } from "./http/log.ts";
import { createTracer, type Tracer } from "./http/tracing.ts";
import { checkMasterKey, loadMasterKey } from "./master-key.ts";
import { Programs } from "./programs/service.ts";
import { ProjectPolicies, Projects } from "./projects/service.ts";
import { QueueService } from "./queue/service.ts";
import { Reinstalls } from "./reinstalls/service.ts";
import { Resets } from "./resets/service.ts";
import { Samples } from "./samples/service.ts";
import { FleetScans } from "./scans/fleet.ts";
import { Scans } from "./scans/service.ts";
import { introduceAll, Launches, Sessions } from "./sessions/service.ts";
import { SignIns } from "./sign-in/service.ts";
import { signingKeyOf } from "./signing-key.ts";
import {
  createPostgresStore,
  createStackCipher,
  createStateBackend,
  type StackCipher,
  type StateBackend,
  type StateStore,
} from "./state-backend/service.ts";
import { openSyncStore, Sync } from "./sync/service.ts";
import { createMetrics, type Metrics, type SystemServices } from "./system/service.ts";
import { type TargetAbilities, Templates } from "./templates/service.ts";
import { ShellInstalls, ShellVersionHistory } from "./terminal/service.ts";
import { Traces } from "./traces/service.ts";
import { Tuning } from "./tuning/service.ts";

export const version: string = createRequire(import.meta.url)("../package.json").version;

/** Everything that the routes and the worker are made of; one per process. */
export interface Services {
  settings: Settings;
  database: Database;
  db: Db;
  notices: Notices;
  log: Logger;
  tracer: Tracer;
  authenticator: Authenticator;
  signIns: SignIns;
  guard: Guard;
  heads: Heads;
  feed: EventFeed;
  state: StateBackend;
  credentials: Credentials;
  programs: Programs;
  deployments: Deployments;
  hosts: Hosts;
  hostGroups: HostGroups;
  hostChecks: HostChecks;
  hostChanges: HostChanges;
  scans: Scans;
  fleetScans: FleetScans;
  samples: Samples;
  hostReader: HostReader;
  templates: Templates;
  sessions: Sessions;
  sessionTargets: SessionTargets;
  launches: Partial<Record<keyof SessionTargets, Launches>>;
  sessionLogPath(target: string, id: string): string | undefined;
  readSessionLog(
    target: string,
    id: string,
    options: { follow: boolean; signal: AbortSignal },
  ): AsyncIterable<Buffer> | undefined;
  cipher: StackCipher;
  hostActions: HostActions;
  reinstalls: Reinstalls;
  hostMigrations: HostMigrations;
  resets: Resets;
  configTemplates: ConfigTemplates;
  shellInstalls: ShellInstalls;
  shellVersions: ShellVersionHistory;
  tuning: Tuning;
  benchmarks: Benchmarks;
  traces: Traces;
  aliases: Aliases;
  sync: Sync;
  projects: Projects;
  policies: ProjectPolicies;
  environments: Environments;
  costs: Costs;
  prices: PriceTable;
  queue: QueueService;
  system: SystemPrincipal;
  /** What health, readiness, metrics and status are made from. */
  status: SystemServices & { metrics: Metrics };
  firstAdmin: FirstAdmin;
  close(): Promise<void>;
}

export interface ServiceOptions {
  /** Programs beside or instead of ours. */
  builtins?: Builtins;
  /** Keeps states elsewhere than in PostgreSQL: for a bench's comparison. */
  store?: StateStore;
}

/** Opens the database, brings its schema up, and wires the nouns together. The one place that does. */
export async function openServices(
  settings: Settings,
  connection: Connection,
  options: ServiceOptions = {},
): Promise<Services> {
  const database = openDatabase(connection, settings.ROOST_DATABASE_POOL);
  const { db } = database;
  await migrate(db);
  const masterKey = await loadMasterKey(settings.ROOST_DATA_DIR, settings.ROOST_MASTER_KEY);
  await checkMasterKey(db, masterKey);
  const firstAdmin = await ensureFirstAdmin(db, settings);
  const log = createLogger(settings.ROOST_LOG_LEVEL);
  const tracer = createTracer({ endpoint: settings.ROOST_OTLP_ENDPOINT, service: "roost", version });
  const notices = new Notices(database);
  const cipher = createStackCipher([masterKey]);
  const signIns = new SignIns({ db, cipher, organization: firstAdmin.organization, settings });
  const admitJwt = signIns.isOn ? (token: string) => signIns.admit(token) : undefined;
  const authenticator = new Authenticator(db, notices, admitJwt);
  const known = options.builtins ?? builtins;
  const state: StateBackend = createStateBackend({
    store: options.store ?? createPostgresStore(db),
    cipher,
    leaseSeconds: settings.ROOST_LEASE_SECONDS,
    cancelDeployment: async (principal, id, requestId) => {
      await deployments.cancel(principal, id, { requestId });
    },
  });
  const credentials = new Credentials(db, cipher);
  const connections = new HostConnections();
  const hostReader = new HostReader(db, credentials, connections, settings.ROOST_HOST_FAN_OUT);
  const outbound = parseAllowRules(settings.ROOST_OUTBOUND_ALLOW);
  const programs = new Programs(db, credentials, {
    builtins: Object.keys(known),
    roots: settings.ROOST_PROGRAM_ROOTS,
    outbound,
  });
  const { ROOST_PRICES } = settings;
  const prices = pricesOf(ROOST_PRICES && readFileSync(ROOST_PRICES, "utf8"), "ROOST_PRICES");
  const costs = new Costs(state, prices);
  const deployments = new Deployments({
    db,
    costs,
    programs,
    cipher,
    builtins: {
      has: (name) => Object.hasOwn(known, name),
      checkConfig: (name, values, secretKeys) => checkConfig(name, values, secretKeys, known),
    },
  });
  const launches = openLaunches(db, settings);
  const sessionTargets = openSessionTargets(
    settings.ROOST_DATA_DIR,
    launches.ecs && {
      cluster: settings.ROOST_ECS_CLUSTER as string,
      profile: settings.ROOST_ECS_PROFILE,
      installation: firstAdmin.organization.id,
      launch: (batch, signal) => (launches.ecs as Launches).take(batch, signal),
    },
    {
      reach: settings.ROOST_SESSION_REACH,
      users: settings.ROOST_SESSION_USERS,
      dockerSocket: settings.ROOST_DOCKER_SOCKET,
    },
  );
  const abilities = abilitiesOf(sessionTargets, settings);
  const templates = new Templates({ db, cipher, abilities, images: settings.ROOST_SESSION_IMAGES });
  const sessions = new Sessions({
    db,
    cipher,
    view: {
      proxyUrl: proxyUrlOf(settings),
      isolates: (target) => abilities[target].isolates,
      launchLimit: (target) => launches[target]?.limit ?? null,
    },
    onClaim: (claim) => metrics.sessions.onClaim(claim),
    introduce: (id) =>
      void introduceAll(db, id).catch((error) => log.warn({ error }, "a session was not told of its claim")),
  });
  const hostChanges = new HostChanges(deployments, hostReader);
  const samples = new Samples(db, hostReader, settings.ROOST_SAMPLE_SECONDS);
  const scans = new Scans(db, hostReader, {
    trackerFile: settings.ROOST_SECURITY_TRACKER,
    lastDay: (hostId) => samples.lastDay(hostId),
  });
  const hostActions = new HostActions({ db, cipher, reader: hostReader, changes: hostChanges });
  const aliases = new Aliases(db);
  const tuning = new Tuning({ scans, reader: hostReader, actions: hostActions });
  const feed = new EventFeed(db, notices);
  const guard = new Guard(authenticator, notices, (error) =>
    log.error({ error }, "access could not be looked at"),
  );
  const metrics = createMetrics({
    db,
    dataFolder: settings.ROOST_DATA_DIR,
    deathMs: settings.ROOST_DEATH_MS,
    withStacks: settings.ROOST_METRICS_STACKS,
    openStreams: () => feed.followers,
  });
  const status = {
    db,
    version,
    startedAt: new Date(),
    dataFolder: settings.ROOST_DATA_DIR,
    embeddedDatabase: settings.DATABASE_URL === undefined && !("connectionString" in connection),
    deathMs: settings.ROOST_DEATH_MS,
    engineVersion: () => (settings.ROOST_WORKERS > 0 ? engineVersion() : null),
    checks: { schema: () => checkSchema(db) },
    metrics,
  };
  notices.start();
  return {
    settings,
    database,
    db,
    notices,
    log,
    tracer,
    authenticator,
    signIns,
    guard,
    heads: new Heads(settings.ROOST_DATA_DIR),
    feed,
    state,
    credentials,
    programs,
    deployments,
    hosts: new Hosts(db, credentials),
    hostGroups: new HostGroups(db),
    hostChecks: new HostChecks(db, hostReader),
    templates,
    sessions,
    sessionTargets,
    launches,
    sessionLogPath: (target, id) => sessionTargets[target as keyof SessionTargets]?.logPath(id),
    readSessionLog: (target, id, options) =>
      sessionTargets[target as keyof SessionTargets]?.readLog?.(id, options),
    cipher,
    hostChanges,
    scans,
    fleetScans: new FleetScans(scans, hostReader),
    samples,
    hostReader,
    hostActions,
    reinstalls: new Reinstalls({ scans, reader: hostReader, actions: hostActions }),
    hostMigrations: new HostMigrations({
      db,
      cipher,
      key: signingKeyOf(masterKey, "migration"),
      reader: hostReader,
      actions: hostActions,
    }),
    resets: new Resets({ reader: hostReader, scans, actions: hostActions }),
    shellInstalls: new ShellInstalls({ scans, reader: hostReader, actions: hostActions, aliases }),
    shellVersions: new ShellVersionHistory({ reader: hostReader, actions: hostActions }),
    configTemplates: new ConfigTemplates({ scans, reader: hostReader, actions: hostActions }),
    tuning,
    traces: new Traces(hostReader),
    benchmarks: new Benchmarks({ reader: hostReader, actions: hostActions, tuning }),
    aliases,
    sync: new Sync(db, openSyncStore(db, settings, outbound)),
    projects: new Projects(db, state),
    policies: new ProjectPolicies(db, programs),
    environments: new Environments(db),
    costs,
    prices,
    queue: new QueueService({
      db,
      state,
      ended: (tx, requester, id, result) => hostActions.ended(tx, requester, id, result),
    }),
    system: await systemPrincipal(db, firstAdmin.organization),
    status,
    firstAdmin,
    async close() {
      feed.close();
      await connections.close();
      await guard.close();
      await notices.close();
      await tracer.close();
      await database.close();
    },
  };
}

/** Where browsers reach sessions, with `*` for the label of one. */
export function proxyUrlOf(settings: Pick<Settings, "ROOST_PROXY_URL" | "ROOST_PROXY_PORT">): string {
  return settings.ROOST_PROXY_URL ?? `http://*.localhost:${settings.ROOST_PROXY_PORT}`;
}

/** Of the targets whose launches an account limits. */
function openLaunches(db: Db, settings: Settings): Services["launches"] {
  const { ROOST_ECS_CLUSTER: cluster } = settings;
  if (cluster === undefined) return {};
  const { ROOST_ECS_LAUNCH_BURST: burst, ROOST_ECS_LAUNCHES_PER_SECOND: perSecond } = settings;
  return { ecs: new Launches(db, { place: `ecs ${cluster}`, burst, perSecond }) };
}

/** What the targets that were opened can do, and why the others cannot be used. */
function abilitiesOf(
  targets: SessionTargets,
  { ROOST_ECS_CLUSTER: cluster, ROOST_DOCKER_SOCKET: socket }: Settings,
): TargetAbilities {
  const ability = (name: keyof SessionTargets, missing: string) => {
    const target = targets[name];
    if (target === undefined) return { missing, isolates: false };
    return { isolates: isolationOf(target) !== "none", exposed: target.exposed };
  };
  return {
    process: ability("process", "sessions cannot be processes here"),
    docker: ability("docker", `there is no Docker daemon at ${socket} of a Linux machine`),
    ecs: { ...ability("ecs", "ROOST_ECS_CLUSTER names no cluster"), cluster },
  };
}
