import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { newId } from "../../automation-api/db/id.ts";
import type { Session } from "../../automation-api/sessions/contract.ts";
import type { Template } from "../../automation-api/templates/contract.ts";
import { openSessionTargets } from "../../plugins/roost/index.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { reasonWithoutEngine } from "../support/engine.ts";
import { until, untilGone } from "../support/processes.ts";
import { browse } from "../support/session-proxy.ts";

jest.setTimeout(180_000);

const withEngine = reasonWithoutEngine() === undefined ? describe : describe.skip;
const program = {
  name: "workspace.mjs",
  text: readFileSync(new URL("./fixtures/workspace.mjs", import.meta.url), "utf8"),
};
/** What the fixture says. */
interface Answer {
  session: string;
  pid: number;
  identity: object | null;
}
/** As root with nftables each session is kept to itself. */
const apart = reasonToSkip("root", "nft") === undefined;
/** What a start on a busy machine may take. */
const startSeconds = 60;

withEngine("sessions as processes of this machine", () => {
  let cluster: Cluster;
  let client: Client;
  beforeAll(async () => {
    cluster = await Cluster.open({ ROOST_WORKERS: "1", ROOST_WARM_RUNNERS: "1" });
    await cluster.add("server");
    client = new Client(() => cluster.url, await cluster.token());
  });
  afterAll(() => cluster.close());

  const template = (
    name: string,
    fields: Record<string, unknown> = {},
    workload: Record<string, unknown> = {},
  ) =>
    client.call<Template>("POST", "/api/v1/templates", {
      name,
      workload: { program, environment: { ROOST: cluster.url }, ...workload },
      ...fields,
    });
  const find = (id: string) => client.call<Session>("GET", `/api/v1/sessions/${id}`);
  const create = (body: Record<string, unknown>) => client.fetch("POST", "/api/v1/sessions", body);
  const reach = async ({ address }: Session, path = "/") => {
    const response = await fetch(`http://${address?.ip}:${address?.port}${path}`);
    return (await response.json()) as Answer;
  };
  /** Whatever listens here, the database and the workers' own listeners with it, is closed to a session: but the API. */
  const expectApart = async (session: Session) => {
    const api = new URL(cluster.url).host;
    const own = `${session.address?.ip}:${session.address?.port}`;
    const places = listening().filter((place) => place !== api && place !== own);
    expect(places.length).toBeGreaterThan(0);
    const outcomes = (await reach(session, `/connect?${[...places, api, own].join(",")}`)) as object;
    const refused = places.map((place) => [place, "ECONNREFUSED"]);
    expect(outcomes).toEqual(Object.fromEntries([...refused, [api, "open"], [own, "open"]]));
  };
  const active = (id: string) =>
    until(
      "the session is active",
      async () => {
        const session = await find(id);
        if (session.state === "failed") throw new Error(JSON.stringify(session));
        return session.state === "active" ? session : undefined;
      },
      startSeconds,
    );
  const warm = (id: string, count: number) =>
    until(
      `${count} are warm`,
      async () => {
        const { sessions } = await client.call<Template>("GET", `/api/v1/templates/${id}`);
        return sessions.warm === count && sessions.starting === 0 && sessions.stopping === 0;
      },
      startSeconds,
    );

  it("gives a warm one at once, tells its workload whom it works for, and fills the pool again", async () => {
    const { id } = await template(
      "workspace",
      { pool: { floor: 2 }, secretEnvironment: { SHARED: "of the template" } },
      { introducePath: "/introduce" },
    );
    await warm(id, 2);
    const reply = await create({ template: "workspace", user: "ann", secrets: { KEY: "of ann" } });
    expect(reply.status).toBe(201);
    const session = (await reply.json()) as Session;
    expect(session).toMatchObject({ state: "active", user: "ann", waiting: null });
    expect(await reach(session)).toMatchObject({ session: session.id, shared: "of the template" });
    const identity = await until("it knows its user", async () => (await reach(session)).identity);
    expect(identity).toMatchObject({ user: "ann", secrets: { KEY: "of ann" } });
    await warm(id, 2);

    const metrics = await (await client.fetch("GET", "/metrics")).text();
    expect(metrics).toContain('roost_session_claim_seconds_count{template="workspace",result="hit"} 1');
    expect(metrics).toContain('roost_sessions{template="workspace",state="warm"} 2');
    const { items } = await client.call<{ items: Session[] }>("GET", "/api/v1/sessions?user=ann&live=true");
    expect(items).toMatchObject([{ id: session.id, address: session.address }]);

    await client
      .call("DELETE", `/api/v1/templates/${id}`)
      .catch((error) => expect(String(error)).toContain("409"));
    await client.call("PATCH", `/api/v1/templates/${id}`, { pool: { floor: 0 } });
    await warm(id, 0);
    // The user's own runs on.
    expect(await reach(session)).toMatchObject({ session: session.id });
    await client.call("DELETE", `/api/v1/sessions/${session.id}`);
  });

  it("starts one for a user who finds none, shows what it prints, and leaves nothing of it at its end", async () => {
    await template("cold");
    const reply = await create({ template: "cold" });
    expect(reply.status).toBe(202);
    const asked = (await reply.json()) as Session;
    expect(asked).toMatchObject({ user: "admin", address: null, waiting: { position: 1 } });
    const session = await active(asked.id);
    const { pid } = await reach(session);
    const log = await client.fetch("GET", `/api/v1/sessions/${session.id}/logs?follow=false`);
    expect(await log.text()).toContain(`session ${session.id} listens`);

    const ended = await client.call<Session>("DELETE", `/api/v1/sessions/${session.id}`);
    expect(ended).toMatchObject({ state: "stopping", reason: "user", address: null, url: null });
    await until("it is stopped", async () => (await find(session.id)).state === "stopped", startSeconds);
    await untilGone([pid]);
    const path = openSessionTargets(cluster.folder).process?.logPath(session.id) as string;
    expect(existsSync(path)).toBe(false);
  });

  it("starts the next one by the engine that waits since the last update of the shard", async () => {
    const { id: templateId } = await template("again");
    const first = (await (await create({ template: "again", user: "ann" })).json()) as Session;
    await active(first.id);
    const stack = `again-${templateId.slice(-6)}-1`;
    const ended = async () => {
      const { items } = await client.call<{ items: { project: string; state: string }[] }>(
        "GET",
        `/api/v1/deployments?stack=${stack}`,
      );
      return items[0]?.state === "succeeded" ? items[0] : undefined;
    };
    const { project } = await until("the update ended", ended, startSeconds);
    const waiting = await until("an engine waits", () => enginesOf(stack)[0], startSeconds);
    const second = (await (await create({ template: "again", user: "ben" })).json()) as Session;
    await until("it has ended", () => !enginesOf(stack).includes(waiting), startSeconds);
    // An engine tells the end of its update before it ends; one that was only ended has made none.
    const history = `/api/stacks/roost/${project}/${stack}/updates`;
    expect(await client.call("GET", history)).toMatchObject({
      updates: [{ result: "succeeded", message: "again: 1 to start, 0 to stop" }, { result: "succeeded" }],
    });
    await active(second.id);
    for (const { id } of [first, second]) await client.call("DELETE", `/api/v1/sessions/${id}`);
  });

  it("says why one failed whose workload ended, and why one could not be started", async () => {
    await template("ending");
    const { id } = (await (await create({ template: "ending" })).json()) as Session;
    const session = await active(id);
    await reach(session, "/exit").catch(() => {});
    const failed = await until(
      "it failed",
      async () => {
        const found = await find(id);
        return found.state === "failed" ? found : undefined;
      },
      startSeconds,
    );
    expect(failed).toMatchObject({ reason: "exited", address: null });
    expect(failed.error).toContain("code 3");
    expect(failed.evidence).toContain(`session ${id} listens`);

    await template("broken", {}, { program: undefined, command: ["/nonexistent/program"] });
    const broken = (await (await create({ template: "broken" })).json()) as Session;
    const never = await until(
      "it failed",
      async () => {
        const found = await find(broken.id);
        return found.state === "failed" ? found : undefined;
      },
      startSeconds,
    );
    expect(never.reason).toMatch(/exited|start/);
  });

  it("is reached through the proxy, which runs as a process of its own with nothing but the database", async () => {
    await template("browsed", { isolation: apart ? "required" : "preferred" });
    const { id } = (await (await create({ template: "browsed", user: "ann" })).json()) as Session;
    const session = await active(id);
    expect(session.isolation).toBe(apart ? "network" : "none");
    if (apart) await expectApart(session);
    const answer = JSON.parse(await browse(cluster, client, id)) as Answer;
    expect(answer).toMatchObject({ session: id, headers: { "x-roost-user": "ann" } });
    await client.call("DELETE", `/api/v1/sessions/${id}`);
  });

  it("stops what runs and is in no ledger", async () => {
    const target = openSessionTargets(cluster.folder).process;
    const id = newId("ses");
    const workload = { program, port: 8080, environment: {} };
    const intent = {
      id,
      urn: `urn:pulumi:s::p::roost:session:Session::${id}`,
      workload,
      secretEnvironment: {},
    };
    await target?.start(intent, AbortSignal.timeout(10_000));
    await until("it is stopped", async () => (await target?.find(id)) === undefined, startSeconds);
  });
});

/** Process ids of engines that update a stack, or wait to. */
function enginesOf(stack: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      return words[0]?.endsWith("/pulumi") && words.some((word) => word.endsWith(`/${stack}`))
        ? [Number(name)]
        : [];
    } catch {
      return [];
    }
  });
}

/** Every IPv4 address and port of this machine at which something waits for connections. */
function listening(): string[] {
  const rows = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  return rows.flatMap((row) => {
    const [, local = "", , state] = row.trim().split(/\s+/);
    if (state !== "0A") return [];
    const [address = "", port = ""] = local.split(":");
    const parts = address.match(/../g)?.reverse() ?? [];
    const shown = parts.map((part) => Number.parseInt(part, 16)).join(".");
    return `${shown === "0.0.0.0" ? "127.0.0.1" : shown}:${Number.parseInt(port, 16)}`;
  });
}
