import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { openSessionTargets, openToSessions, type SessionTarget } from "../../../../plugins/roost/index.ts";
import { programPath, reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { until } from "../../../support/processes.ts";

jest.setTimeout(60_000);

const program = {
  name: "prober.mjs",
  text: readFileSync(new URL("./fixtures/prober.mjs", import.meta.url), "utf8"),
};
const reason = reasonToSkip("root", "nft");
const ids = ["a", "b", "c"].map((letter) => `ses_${letter.repeat(26)}`) as [string, string, string];

interface Place {
  address: string;
  port: number;
}

(reason ? describe.skip : describe)("sessions as processes, kept apart by the kernel's firewall", () => {
  const folder = mkdtempSync(join(tmpdir(), "roost-sessions-"));
  const listeners: net.Server[] = [];
  let target: SessionTarget;
  let a: Place;
  let b: Place;
  /** Stand for the database, the engine and the API: this process can connect to all three. */
  let database: Place;
  let everywhere: Place;
  let api: Place;

  const listen = async (address: string) => {
    const server = net.createServer((socket) => socket.end());
    listeners.push(server);
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    return { address, port: (server.address() as net.AddressInfo).port };
  };
  const start = async (id: string) => {
    const workload = { program, port: 8080, environment: {} };
    await target.start(
      { id, urn: `urn:${id}`, workload, secretEnvironment: {} },
      AbortSignal.timeout(10_000),
    );
    const found = await until(`${id} answers`, async () => {
      const one = (await target.list()).find((each) => each.id === id);
      return one?.state === "ready" ? one : undefined;
    });
    return { address: found.address as string, port: found.port as number };
  };
  const ask = async (session: Place, what: "connect" | "listen", { address, port }: Place) => {
    const url = `http://${session.address}:${session.port}/${what}?host=${address}&port=${port}`;
    return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
  };
  const connects = ({ address, port }: Place) =>
    new Promise<boolean>((resolve) => {
      const socket = net.connect({ host: address, port, timeout: 500 });
      const end = (isOpen: boolean) => {
        socket.destroy();
        resolve(isOpen);
      };
      socket.once("connect", () => end(true));
      socket.once("timeout", () => end(false));
      socket.once("error", () => end(false));
    });
  const tables = () => nft("list", "tables");
  /** There may be those of others. */
  const ours = () =>
    [...tables().matchAll(/roost_[0-9a-f]{12}_processes/g)]
      .map(([name]) => name)
      .find((name) => nft("list", "table", "inet", name).includes(b.address)) as string;

  beforeAll(async () => {
    // Users of sessions pass through.
    chmodSync(folder, 0o711);
    [database, everywhere, api] = [
      await listen("127.0.0.1"),
      await listen("0.0.0.0"),
      await listen("127.0.0.1"),
    ];
    openToSessions(folder, api.address, api.port);
    target = openSessionTargets(folder).process as SessionTarget;
    [a, b] = [await start(ids[0]), await start(ids[1])];
  });
  afterAll(async () => {
    for (const id of ids) await target.stop(id, AbortSignal.abort());
    for (const each of listeners) each.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is what it says: none reaches another, nor what listens on this machine", async () => {
    expect(target.exposed).toBeUndefined();
    const here = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outer = here.filter(({ family, internal }) => family === "IPv4" && !internal);
    const refused = {
      "the other session": b,
      "the database": database,
      ...Object.fromEntries(
        ["127.0.0.1", "127.9.9.9", ...outer.map(({ address }) => address)].map((address) => [
          `every address, at ${address}`,
          { ...everywhere, address },
        ]),
      ),
    };
    for (const [name, place] of Object.entries(refused)) {
      // There is somebody: it is the rules that keep the session away.
      expect([name, await connects(place)]).toEqual([name, true]);
      expect([name, await ask(a, "connect", place)]).toEqual([name, "ECONNREFUSED"]);
    }
    expect(await ask(b, "connect", a)).toBe("ECONNREFUSED");
    // Itself, and what was opened to it.
    expect(await ask(a, "connect", a)).toBe("open");
    expect(await ask(a, "connect", api)).toBe("open");
  });

  it("answers nobody at the address of another", async () => {
    const foreign = { address: b.address, port: 9_000 };
    expect(await ask(a, "listen", foreign)).toBe("listens");
    expect(await connects(foreign)).toBe(false);
    const own = { address: a.address, port: 9_000 };
    expect(await ask(a, "listen", own)).toBe("listens");
    expect(await connects(own)).toBe(true);
  });

  it("gives each a user of the range of its settings", async () => {
    const users = { first: 1_970_000_000, count: 5_000 };
    const other = openSessionTargets(folder, undefined, { users }).process as SessionTarget;
    const workload = { program, port: 8080, environment: {} };
    const intent = { id: ids[2], urn: "urn:c", workload, secretEnvironment: {} };
    await other.start(intent, AbortSignal.timeout(10_000));
    // Started again, as after a crash, it is the same one.
    await other.start(intent, AbortSignal.timeout(10_000));
    const found = nft("list", "sets", "inet").match(/19700\d{5}/g) ?? [];
    expect(new Set(found).size).toBe(1);
    await other.stop(ids[2], AbortSignal.abort());
    expect(nft("list", "sets", "inet")).not.toMatch(/19700\d{5}/);
  });

  it("puts its table back when somebody has removed it, and knows it after a restart", async () => {
    const name = ours();
    expect(name).toBeDefined();
    nft("delete", "table", "inet", name);
    expect(await ask(a, "connect", b)).toBe("open");
    await openSessionTargets(folder).process?.prepare?.();
    expect(await ask(a, "connect", b)).toBe("ECONNREFUSED");
    nft("delete", "table", "inet", name);
    await until("the reconciler's look puts it back", async () => {
      await target.list();
      return tables().includes(name);
    });
    expect(await ask(a, "connect", b)).toBe("ECONNREFUSED");
  });

  it("leaves no table behind its last session", async () => {
    await target.stop(ids[0], AbortSignal.abort());
    const name = ours();
    expect(name).toBeDefined();
    await target.stop(ids[1], AbortSignal.abort());
    expect(tables()).not.toContain(name);
  });
});

function nft(...words: string[]): string {
  return execFileSync(programPath("nft") as string, words, { encoding: "utf8" });
}
