import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { hashToken } from "../../../automation-api/access/service.ts";
import type { Session } from "../../../automation-api/sessions/contract.ts";
import { insertCredential } from "../../../automation-api/sessions/credential-queries.ts";
import { judgeClaims, readClaims } from "../../support/claim-history.ts";
import { openSessionLab, type SessionLab } from "./session-lab.ts";

let lab: SessionLab;
beforeAll(async () => {
  lab = await openSessionLab();
});
afterAll(() => lab.close());

const auditOf = async (id: string) => {
  const { rows } = await sql<{ action: string; detail: object }>`
    SELECT action, detail FROM audit WHERE object = ${id} ORDER BY id`.execute(lab.database.db);
  return rows.map(({ action, detail }) => ({ action, ...detail }));
};

describe("a claim", () => {
  it("gives the session that has been ready longest, with its address and its time", async () => {
    const template = await lab.template("oldest", { lifeSeconds: 600 });
    const [first] = await lab.fill(template, 1);
    await lab.fill(template, 1);
    const session = await lab.create("ann", "oldest");
    expect(session).toMatchObject({
      id: first,
      state: "active",
      user: "ann",
      address: { ip: "127.1.1.1", port: 8080 },
      url: `http://${first?.replace("_", "-")}.localhost:8001/`,
      isolation: "none",
      waiting: null,
    });
    const left = (Date.parse(session.expiresAt ?? "") - Date.parse(session.claimedAt ?? "")) / 1000;
    expect(left).toBe(600);
    expect(await auditOf(session.id)).toEqual([
      { action: "session.create", template: "oldest", user: "ann", warm: true },
    ]);
  });

  it("takes what is being started for the pool, before it asks for one more", async () => {
    const template = await lab.template("starting");
    const [id] = await lab.fill(template, 1);
    await sql`UPDATE session SET state = 'starting', ready_at = NULL WHERE id = ${id}`.execute(
      lab.database.db,
    );
    expect(await lab.create("ann", "starting")).toMatchObject({
      id,
      state: "starting",
      user: "ann",
      address: null,
      url: null,
      waiting: { position: 1, estimateSeconds: 3 },
    });
    const second = await lab.create("ben", "starting");
    expect(second).toMatchObject({ state: "requested", waiting: { position: 2 } });
    expect(second.id).not.toBe(id);
  });

  it("passes by the pool of an older revision, and other templates' pools", async () => {
    const template = await lab.template("older");
    await lab.fill(template, 1);
    await lab.fill(await lab.template("another"), 1);
    await lab.templates.change(lab.admin, template.id, {
      workload: { command: ["new"], port: 1, environment: {} },
    });
    expect(await lab.create("ann", "older")).toMatchObject({ state: "requested" });
  });

  it("ends every way into the session from before", async () => {
    const template = await lab.template("rotated");
    const [id] = (await lab.fill(template, 1)) as [string];
    const hash = hashToken("from before");
    await sql`
      INSERT INTO session_credential (hash, session_id, kind, expires_at)
      VALUES (${hash}, ${id}, 'identity', now() + interval '1 hour')`.execute(lab.database.db);
    expect(await lab.create("ann", "rotated")).toMatchObject({ id });
    await expect(lab.sessions.identify(id, "from before")).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("leaves nothing when its transaction fails", async () => {
    const template = await lab.template("failing");
    const [id] = await lab.fill(template, 1);
    const nobody = { ...lab.admin, accountId: "acc_of_nobody" };
    await expect(lab.sessions.create(nobody, { template: "failing", user: "ann" })).rejects.toThrow();
    const { rows } = await sql`SELECT state, owner FROM session WHERE id = ${id}`.execute(lab.database.db);
    expect(rows).toEqual([{ state: "warm", owner: null }]);
  });
});

it("5,000 claims from three replicas at once: each session goes to one user, and none is lost", async () => {
  const count = 5_000;
  const template = await lab.template("crowd", { quotas: { perUser: 10_000 } });
  const pool = new Set(await lab.fill(template, count - 100));
  const replicas = [3, 3, 3].map((connections) => lab.replica(connections));
  const claims: { user: string; session: Session }[] = [];
  const claimers = replicas.flatMap(({ sessions }, replica) =>
    Array.from({ length: 3 }, async (_, lane) => {
      for (let number = replica * 3 + lane; number < count; number += 9) {
        const user = `user-${number}`;
        claims.push({ user, session: await sessions.create(lab.admin, { template: "crowd", user }) });
      }
    }),
  );
  await Promise.all(claimers);
  await Promise.all(replicas.map((each) => each.close()));

  expect(claims).toHaveLength(count);
  expect(new Set(claims.map(({ session }) => session.id)).size).toBe(count);
  const warm = claims.filter(({ session }) => session.state === "active");
  expect(new Set(warm.map(({ session }) => session.id))).toEqual(pool);
  // The history: what was answered is what the ledger and the audit trail say.
  const answered = claims.map(({ user, session }) => ({ user, id: session.id }));
  const ledger = await readClaims(lab.database.db, "crowd");
  expect(ledger).toHaveLength(count);
  const asked = new Set(claims.map(({ user }) => user));
  expect(judgeClaims({ answered, asked }, ledger)).toEqual({ double: [], lost: [] });
}, 110_000);

describe("quotas", () => {
  it("are exact when a user asks a hundred times at once", async () => {
    const template = await lab.template("greedy", { project: "greedy", quotas: { perUser: 3 } });
    await lab.fill(template, 10);
    const asked = await Promise.allSettled(Array.from({ length: 100 }, () => lab.create("ann", "greedy")));
    const refused = asked.filter((each) => each.status === "rejected");
    expect(refused).toHaveLength(97);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "conflict" });
  });

  it("count over all templates of a project, and not over other users and projects", async () => {
    for (const [name, project] of [
      ["one", "shared"],
      ["two", "shared"],
      ["three", "apart"],
    ] as const)
      await lab.template(name, { project, quotas: { perUser: 1 } });
    await lab.create("ann", "one");
    await expect(lab.create("ann", "two")).rejects.toMatchObject({ code: "conflict" });
    await lab.create("ben", "two");
    await lab.create("ann", "three");
  });

  it("of a template are exact when many users come at once, and what ends makes room when it is gone", async () => {
    const template = await lab.template("small", { project: "small", quotas: { inAll: 5 } });
    const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    const asked = await Promise.allSettled(users.map((user) => lab.create(user, "small")));
    const given = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(given).toHaveLength(5);
    // Nothing was started for it yet, so it is over at once.
    await lab.sessions.end(lab.admin, given[0]?.id as string);
    expect(await lab.create("late", "small")).toMatchObject({ state: "requested" });
    expect((await lab.templates.find(lab.admin, template.id)).sessions).toMatchObject({ starting: 5 });
  });
});

describe("the identity of a claim", () => {
  const fetched = async (fields: Record<string, unknown>) => {
    const name = `intro-${Math.random().toString(36).slice(2, 8)}`;
    const template = await lab.template(name, {
      workload: { command: ["sleep", "1"], introducePath: "/introduce" },
      ...fields,
    });
    await lab.fill(template, 1);
    const session = await lab.create("ann", name, { secrets: { KEY: "canary-1" } });
    const grant = (token: string, seconds: number) =>
      insertCredential(lab.database.db, {
        hash: hashToken(token),
        sessionId: session.id,
        kind: "identity",
        tokenId: null,
        seconds,
      });
    return { session, grant };
  };

  it("is given for the token once, with the secrets, which are kept no longer", async () => {
    const { session, grant } = await fetched({});
    const text = async () => {
      const { rows } = await sql<{ text: string }>`
        SELECT row_to_json(s)::text AS text FROM session s WHERE id = ${session.id}`.execute(lab.database.db);
      return rows[0]?.text;
    };
    expect(await text()).not.toContain("canary-1");
    await grant("token", 60);
    // The workload was slow to answer, and was told again.
    await grant("again", 60);
    expect(await lab.sessions.identify(session.id, "token")).toEqual({
      session: session.id,
      user: "ann",
      secrets: { KEY: "canary-1" },
      expiresAt: session.expiresAt,
    });
    expect(await text()).toContain('"claim_secrets":null');
    await expect(lab.sessions.identify(session.id, "again")).rejects.toMatchObject({
      code: "unauthenticated",
    });
    expect(await grant("once more", 60)).toBe(false);
    await expect(lab.sessions.identify(session.id, "token")).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  it("is refused for a token that is too old, of another session, or of one that has ended", async () => {
    const [one, other] = [await fetched({}), await fetched({})];
    await one.grant("old", -1);
    await expect(lab.sessions.identify(one.session.id, "old")).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await other.grant("others", 60);
    await expect(lab.sessions.identify(one.session.id, "others")).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await one.grant("ended", 60);
    await lab.sessions.end(lab.admin, one.session.id);
    await expect(lab.sessions.identify(one.session.id, "ended")).rejects.toMatchObject({
      code: "unauthenticated",
    });
    expect(await one.grant("late", 60)).toBe(false);
  });
});
