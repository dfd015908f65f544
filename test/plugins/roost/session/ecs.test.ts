import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { bind } from "../../../../plugins/roost/session/targets/ecs/plan.ts";
import { EcsStandIn } from "../../../support/ecs-stand-in/stand-in.ts";
import { leadSdkTo, newBatch, openEcs, settings, startAll } from "./ecs-lab.ts";

let standIn: EcsStandIn;
beforeEach(async () => {
  standIn = await EcsStandIn.start({ startSeconds: () => 0 });
  leadSdkTo(standIn.url);
});
afterEach(() => standIn.close());

const workload = () => ({ port: 8080, environment: { A: "1" }, ecs: settings(standIn.cluster) });
const stop = AbortSignal.timeout(60_000);
const answers = async () => true;

describe("a batch of sessions on ECS", () => {
  it("is one call, whose tasks bear the session's tag, the server's, and the template's", async () => {
    const target = openEcs(standIn.cluster, { answers });
    const batch = newBatch(10);
    const outcomes = await startAll(target, batch, { ...workload(), command: ["run"], cpu: 512 });
    expect(outcomes.map(({ status }) => status)).toEqual(Array(10).fill("fulfilled"));
    expect(standIn.calls.filter((name) => name === "RunTask")).toHaveLength(1);
    expect(standIn.tasks.map(({ tags }) => tags.get("roost:session")).sort()).toEqual(batch.sessions);
    const [task] = standIn.tasks;
    expect(task?.startedBy).toBe(batch.id);
    expect(Object.fromEntries(task?.tags ?? [])).toMatchObject({
      "roost:template": "workspace",
      "roost:installation": "org_one",
    });
    expect(task?.overrides).toEqual({
      cpu: "512",
      containerOverrides: [
        {
          name: "main",
          command: ["run"],
          environment: [
            { name: "A", value: "1" },
            { name: "PORT", value: "8080" },
          ],
        },
      ],
    });
  });

  it("is started once, by whoever comes after a crash and however often, and when a reply is lost", async () => {
    const batch = newBatch(4);
    standIn.lost.set("RunTask", 1);
    await startAll(openEcs(standIn.cluster), batch, workload());
    // Another process, which knows nothing.
    const outcomes = await startAll(openEcs(standIn.cluster), batch, workload());
    expect(outcomes.every(({ status }) => status === "fulfilled")).toBe(true);
    expect(standIn.tasks.map(({ tags }) => tags.get("roost:session")).sort()).toEqual(batch.sessions);
  });

  it("is bound by the next one when its starter dies between the call and the tags", async () => {
    const batch = newBatch(3);
    standIn.lost.set("TagResource", 100);
    const died = await startAll(openEcs(standIn.cluster), batch, workload());
    expect(died.every(({ status }) => status === "rejected")).toBe(true);
    for (const { tags } of standIn.tasks.slice(1)) tags.delete("roost:session");
    standIn.lost.clear();
    // Two at once, as when one that was taken for dead goes on.
    const both = [openEcs(standIn.cluster), openEcs(standIn.cluster)];
    await Promise.all(both.map((target) => startAll(target, batch, workload())));
    expect(standIn.tasks).toHaveLength(3);
    expect(standIn.tasks.map(({ tags }) => tags.get("roost:session")).sort()).toEqual(batch.sessions);
  });

  it("binds no session to a task that has ended before, and says why", async () => {
    const batch = newBatch(2);
    await startAll(openEcs(standIn.cluster), batch, workload());
    for (const { tags } of standIn.tasks) tags.delete("roost:session");
    const [first, second] = standIn.tasks.map(({ arn }) => arn).sort();
    standIn.end(first as string, 7);
    const outcomes = await startAll(openEcs(standIn.cluster), batch, workload());
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(String((outcomes[1] as PromiseRejectedResult).reason)).toContain("main ended with 7");
    const bound = standIn.tasks.filter(({ tags }) => tags.has("roost:session"));
    expect(bound.map(({ arn }) => arn)).toEqual([second]);
    standIn.end(second as string, 7);
    for (const { tags } of standIn.tasks) tags.delete("roost:session");
    const none = await startAll(openEcs(standIn.cluster), batch, workload());
    expect(none.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(standIn.tasks).toHaveLength(2);
  });

  it("starts those for whom there is room, and says of the others why not", async () => {
    standIn.refuse = 2;
    const batch = newBatch(5);
    const target = openEcs(standIn.cluster);
    const outcomes = await startAll(target, batch, workload());
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const failed = outcomes.flatMap((each) => (each.status === "rejected" ? [String(each.reason)] : []));
    expect(failed).toHaveLength(2);
    for (const message of failed) expect(message).toContain("Capacity is unavailable");
    await startAll(openEcs(standIn.cluster), batch, workload());
    expect(standIn.tasks).toHaveLength(3);
  });

  it("waits for the launch gate before the call, and does not ask it again for what runs", async () => {
    const asked: number[] = [];
    const gate = { launch: async ({ sessions }: { sessions: string[] }) => void asked.push(sessions.length) };
    const batch = newBatch(2);
    await startAll(openEcs(standIn.cluster, gate), batch, workload());
    await startAll(openEcs(standIn.cluster, gate), batch, workload());
    expect(asked).toEqual([2]);
    const refuse = {
      launch: async () => {
        throw new Error("no launches");
      },
    };
    const outcomes = await startAll(openEcs(standIn.cluster, refuse), newBatch(2), workload());
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(standIn.tasks).toHaveLength(2);
  });
});

describe("the cluster", () => {
  it("is told as sessions: starting, ready when the workload answers, ended with the reason", async () => {
    const server = http.createServer((request, reply) => {
      reply.writeHead(request.url === "/health" ? 200 : 500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const healthy = newBatch(1);
    const unhealthy = newBatch(1);
    const target = openEcs(standIn.cluster);
    await startAll(target, healthy, { ...workload(), port, healthPath: "/health" });
    await startAll(target, unhealthy, { ...workload(), port, healthPath: "/" });
    const [ready, starting] = [healthy.sessions[0] as string, unhealthy.sessions[0] as string];
    const here = { address: "127.0.0.1", port };
    expect(await target.list()).toEqual([
      { id: ready, state: "ready", ...here },
      { id: starting, state: "starting", ...here },
    ]);
    await new Promise((resolve) => server.close(resolve));
    // What was ready once stays so: its end is told by ECS.
    expect(await target.find(ready, healthy)).toMatchObject({ state: "ready" });
    standIn.end(standIn.tasks[0]?.arn as string, 7);
    const [ended] = await target.list();
    expect(ended).toMatchObject({ id: ready, state: "ended", isReleased: true });
    expect(ended?.reason).toContain("main ended with 7");
    // Another process learns of it too, and both keep to it.
    expect((await openEcs(standIn.cluster, { answers }).list())[0]).toMatchObject({
      id: ready,
      state: "ended",
    });
    expect((await target.list())[0]).toMatchObject({ id: ready, state: "ended" });
  });

  it("tells of a task that ended before its session's tag came to it, once it has come", async () => {
    const batch = newBatch(1);
    await startAll(openEcs(standIn.cluster), batch, workload());
    const [task] = standIn.tasks;
    task?.tags.delete("roost:session");
    standIn.end(task?.arn as string, 7);
    const target = openEcs(standIn.cluster);
    expect(await target.list()).toMatchObject([{ id: task?.arn, batch: batch.id, state: "ended" }]);
    const [session] = batch.sessions;
    task?.tags.set("roost:session", session as string);
    expect(await target.list()).toMatchObject([{ id: session, state: "ended" }]);
  });

  it("shows nothing of another server's, also not to be stopped", async () => {
    const theirs = newBatch(2);
    await startAll(openEcs(standIn.cluster, { installation: "org_two" }), theirs, workload());
    const ours = openEcs(standIn.cluster, { answers });
    expect(await ours.list()).toEqual([]);
    await ours.stop(theirs.sessions[0] as string, stop);
    await ours.stop(theirs.sessions[0] as string, stop, theirs);
    expect(standIn.running()).toHaveLength(2);
  });

  it("shows what no session was bound to by its batch, and stops it by its name", async () => {
    const batch = newBatch(1);
    await startAll(openEcs(standIn.cluster), batch, workload());
    standIn.tasks[0]?.tags.delete("roost:session");
    const target = openEcs(standIn.cluster, { answers });
    const [unbound] = await target.list();
    expect(unbound).toMatchObject({ batch: batch.id, id: standIn.tasks[0]?.arn });
    await target.stop(unbound?.id as string, stop);
    expect(standIn.running()).toEqual([]);
  });

  it("lists more than a page, and stops what it is told, also once more without a fault", async () => {
    const target = openEcs(standIn.cluster, { answers });
    await startAll(target, newBatch(10), workload());
    const [task] = standIn.tasks;
    if (!task) throw new Error("nothing was started");
    for (const session of newBatch(110).sessions) {
      const tags = new Map(task.tags).set("roost:session", session);
      standIn.tasks.push({ ...task, arn: `${task.arn}${session}`, tags });
    }
    const all = await target.list();
    expect(all).toHaveLength(120);
    expect(standIn.interfaces()).toBe(120);
    const fresh = openEcs(standIn.cluster, { answers });
    await fresh.list();
    const some = all.slice(0, 10);
    for (const { id } of some) await fresh.stop(id, stop);
    expect(standIn.running()).toHaveLength(110);
    // Once more, by one who knows and one who does not.
    await fresh.stop(all[0]?.id as string, stop);
    await openEcs(standIn.cluster).stop(all[0]?.id as string, stop);
  });
});

describe("binding", () => {
  it("gives each task at most one session and each session at most one task, the same for whoever does it again", () => {
    const some = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 10 });
    fc.assert(
      fc.property(some, some, fc.infiniteStream(fc.nat(12)), (sessions, names, picks) => {
        const tagged = new Set<string>();
        const tasks = names.map((arn) => {
          const session = sessions[picks.next().value as number] ?? null;
          const isNew = session !== null && !tagged.has(session);
          if (isNew) tagged.add(session);
          return { arn, session: isNew ? session : null };
        });
        const { bound, untagged } = bind(sessions, tasks);
        expect(new Set(bound.values()).size).toBe(bound.size);
        expect(bound.size).toBe(Math.min(sessions.length, tasks.length));
        const after = tasks.map(({ arn, session }) => ({
          arn,
          session: session ?? untagged.find(([, its]) => its === arn)?.[0] ?? null,
        }));
        const again = bind(sessions, after.toReversed());
        expect(again.untagged).toEqual([]);
        expect([...again.bound].sort()).toEqual([...bound].sort());
      }),
    );
  });
});
