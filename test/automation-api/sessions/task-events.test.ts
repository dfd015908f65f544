import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Notices } from "../../../automation-api/db/notify.ts";
import { Keeper, Sessions } from "../../../automation-api/sessions/service.ts";
import type { SessionTarget } from "../../../plugins/roost/index.ts";
import { cipher, openSessionLab, type SessionLab } from "./session-lab.ts";

const cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/sessions";
let lab: SessionLab;
let notices: Notices;
let sessions: Sessions;
beforeAll(async () => {
  lab = await openSessionLab();
  notices = new Notices(lab.database);
  const listens = new Promise<void>((resolve) => notices.onReset(resolve));
  notices.start();
  await listens;
  const limit = { place: `ecs ${cluster}`, burst: 100, perSecond: 20 };
  const view = { proxyUrl: "http://*.localhost:8001", isolates: () => true, launchLimit: () => limit };
  sessions = new Sessions({ db: lab.database.db, cipher, view });
});
afterAll(async () => {
  await notices.close();
  await lab.close();
});

/** A target that is looked at by itself once in a while that no test waits for. */
function rarelyLookedAt() {
  const waiting: (() => void)[] = [];
  let looks = 0;
  const target: SessionTarget = {
    place: `ecs ${cluster}`,
    lookMilliseconds: 3_600_000,
    start: async () => {},
    find: async () => undefined,
    async list() {
      looks += 1;
      for (const tell of waiting.splice(0)) tell();
      return [];
    },
    stop: async () => {},
    lastLines: () => [],
    logPath: () => undefined,
  };
  /** Resolves when there were so many looks. */
  const looked = async (count: number) => {
    while (looks < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { target, looked };
}

describe("an event of a task", () => {
  it("has the target compared with the ledger at once, and not when it is its turn", async () => {
    const { target, looked } = rarelyLookedAt();
    const keeper = new Keeper({
      db: lab.database.db,
      deployments: { queue: () => Promise.reject(new Error("nothing is to be queued")) },
      cipher,
      system: lab.system,
      notices,
      targets: { ecs: target },
      onFault: () => {},
    });
    keeper.start();
    try {
      await looked(1);
      await sessions.report(lab.admin, {
        cluster,
        task: "arn:aws:ecs:eu-west-1:111122223333:task/sessions/1",
      });
      await looked(2);
    } finally {
      await keeper.close();
    }
  });

  it("of another cluster is refused", async () => {
    const other = cluster.replace(/sessions$/, "others");
    await expect(sessions.report(lab.admin, { cluster: other })).rejects.toMatchObject({ code: "invalid" });
  });

  it("is taken from a token that may do nothing else", async () => {
    const reporter = { ...lab.admin, scopes: ["session:report" as const] };
    await sessions.report(reporter, { cluster });
    await expect(sessions.create(reporter, { template: "none" })).rejects.toMatchObject({
      code: "not_found",
    });
    const other = { ...lab.admin, scopes: ["session:manage" as const] };
    await expect(sessions.report(other, { cluster })).rejects.toMatchObject({ code: "forbidden" });
  });
});
