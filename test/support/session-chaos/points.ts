/** Files by path in the project, each with functions of it. */
type Functions = Record<string, string[]>;

const ledger = "automation-api/sessions";
const target = "plugins/roost/session";
const services = "plugins/roost/service";

/**
 * Where sessions can be killed: each await of these functions is a kill point, found in their source, so that none can
 * be forgotten. What a function awaits is a statement of the database, a call to a target, or another of these.
 */
export const operations = {
  claim: {
    [`${ledger}/service.ts`]: ["create", "#checkQuota", "#wait", "#read"],
    [`${ledger}/introducer.ts`]: ["introduce", "introduceAll"],
  },
  extend: { [`${ledger}/service.ts`]: ["extend", "#lock"] },
  start: {
    [`${ledger}/planner.ts`]: ["plan", "#budget", "#group", "#shards", "#update", "#fail"],
    [`${ledger}/plan-queries.ts`]: ["noteQueued", "insertBatch", "readProgram"],
    [`${ledger}/launches.ts`]: ["take", "budget"],
    [`${ledger}/launch-queries.ts`]: ["lockBucket"],
    [`${ledger}/reconciler.ts`]: ["compare", "#apply"],
    [`${target}/handler.ts`]: ["create"],
    [`${target}/targets/process.ts`]: ["start"],
    [`${services}/install.ts`]: ["installService"],
    [`${services}/control.ts`]: ["startSupervisor", "run"],
    [`${target}/targets/ecs/target.ts`]: ["start", "startBatch", "tasksOf", "describe"],
    [`${target}/targets/ecs/api.ts`]: ["runTask", "listTasks", "describeTasks", "tagTask"],
  },
  end: {
    [`${ledger}/service.ts`]: ["end"],
    [`${ledger}/queries.ts`]: ["endSession"],
    [`${ledger}/planner.ts`]: ["#endPool"],
    [`${target}/handler.ts`]: ["delete"],
    [`${target}/targets/process.ts`]: ["stop"],
    [`${services}/control.ts`]: ["stopService"],
    [`${target}/targets/ecs/target.ts`]: ["stop"],
    [`${target}/targets/ecs/api.ts`]: ["stopTask"],
  },
  expire: { [`${ledger}/reconciler.ts`]: ["expire"] },
} satisfies Record<string, Functions>;

export type Operation = keyof typeof operations;

/** Awaits of these functions that no wave of users leads to, with why nothing is lost there. */
export const unreached: Record<string, string> = {
  "start service/control.ts run 2":
    "reads what a supervisor printed that could not be started; nothing runs then",
};

/** What awaits in the same files and is no kill point, with why. */
export const others: Record<string, Functions> = {
  "only reads, or gives a way in to who is there": {
    [`${ledger}/service.ts`]: ["list", "find", "findRow", "open", "identify", "report"],
    [`${target}/handler.ts`]: ["read"],
    [`${target}/targets/ecs/target.ts`]: ["look", "list", "find"],
    [`${target}/targets/ecs/api.ts`]: ["callerOf"],
    [`${target}/targets/probe.ts`]: ["answers"],
    [`${services}/control.ts`]: ["awaitHealthy"],
    [`${ledger}/log.ts`]: ["readFrom", "sessionLog"],
  },
  "sets all rules anew from what is reserved; who is killed leaves it to the next one, within two seconds": {
    [`${target}/firewall/table.ts`]: ["keep", "#set", "#lock"],
    [`${target}/targets/process.ts`]: ["list", "prepare"],
  },
  "of containers: no daemon runs there, and each call finds by label or name what an earlier one made": {
    [`${target}/targets/docker/api.ts`]: ["call", "daemonOf", "stream"],
    [`${target}/targets/docker/pulls.ts`]: ["pullImage"],
    [`${target}/targets/docker/target.ts`]: [
      "ensureNetwork",
      "explain",
      "find",
      "findContainer",
      "finish",
      "goOn",
      "lastLines",
      "list",
      "listContainers",
      "look",
      "makeNetwork",
      "prepare",
      "printed",
      "readLog",
      "removeContainer",
      "run",
      "runWaiting",
      "start",
      "stop",
    ],
  },
  "waits for one of the functions above, and for nothing else": {
    [`${ledger}/routes.ts`]: ["handler", "openingRoutes", "sessionRoutes"],
    [`${ledger}/keeper.ts`]: ["close", "#planning", "#comparing", "#expiring", "#carefully", "#pause"],
  },
  "one statement of the database, which its caller awaits": {
    [`${ledger}/queries.ts`]: [
      "findTemplate",
      "lockQuota",
      "countOwned",
      "countOfTemplate",
      "claimWarm",
      "claimStarting",
      "insertRequested",
      "keepClaimSecrets",
      "listSessions",
      "dropCredentials",
      "extendSession",
    ],
    [`${ledger}/plan-queries.ts`]: [
      "listPlanned",
      "lockForPlan",
      "lockRequested",
      "readDemand",
      "listLive",
      "listShards",
      "noteEnd",
      "insertPool",
      "assign",
      "endPool",
      "markGone",
      "failSession",
      "noteStart",
      "listUnbatched",
      "listBatches",
    ],
    [`${ledger}/credential-queries.ts`]: [
      "insertCredential",
      "takeCredential",
      "takeIdentity",
      "listIntroductions",
      "dropExpiredCredentials",
    ],
    [`${ledger}/reconcile-queries.ts`]: [
      "takeTurn",
      "readLedger",
      "listWaitingBatches",
      "hasStarting",
      "markReady",
      "markPlace",
      "findExpired",
    ],
    [`${ledger}/launch-queries.ts`]: [
      "ensureBucket",
      "takeLaunches",
      "markLaunched",
      "readLead",
      "countUnlaunched",
    ],
  },
};
