import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { openSessionTargets, type SessionTarget } from "../../../../plugins/roost/index.ts";
import { daemonOf } from "../../../../plugins/roost/session/targets/docker/api.ts";
import { programPath, reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { until } from "../../../support/processes.ts";
import { DockerLab, Registry } from "./docker-lab.ts";

jest.setTimeout(60_000);

const lack = reasonToSkip("root", "nft", "dockerd", "busybox");
const lab = lack ? undefined : await DockerLab.open().catch((error: Error) => error.message);
if (typeof lab === "string") process.stderr.write(`Sessions on Docker are not tested: ${lab}\n`);

const id = (letter: string) => `ses_${letter.repeat(26)}`;
const open = (folder: string, { socket }: DockerLab) =>
  openSessionTargets(folder, undefined, { dockerSocket: socket }).docker as SessionTarget;

(lab instanceof DockerLab ? describe : describe.skip)("sessions as containers", () => {
  const docker = lab as DockerLab;
  const folder = mkdtempSync(join(tmpdir(), "roost-sessions-"));
  let registry: Registry;
  let target: SessionTarget;
  let machine: net.Server;

  const start = (letter: string, workload: Record<string, unknown> = {}, on = target) =>
    on.start(
      {
        id: id(letter),
        urn: `urn:${letter}`,
        workload: { image: registry.image, port: 8080, environment: {}, healthPath: "/", ...workload },
        secretEnvironment: { TOKEN: "of the session" },
      },
      AbortSignal.timeout(20_000),
    );
  const found = async (letter: string) => (await target.list()).find((each) => each.id === id(letter));
  const reach = (letter: string, state: "ready" | "ended") =>
    until(
      `${letter} is ${state}`,
      async () => {
        const one = await found(letter);
        if (one?.state === "ended" && state === "ready") throw new Error(one.reason);
        return one?.state === state ? one : undefined;
      },
      20,
    );
  const ask = async ({ address }: { address: string | null }, path: string) =>
    (await fetch(`http://${address}:8080/cgi-bin/${path}`, { signal: AbortSignal.timeout(10_000) })).text();
  const containers = async () =>
    docker.api.call<{ Id: string; Names: string[] }[]>("/containers/json", { query: { all: "1" } });
  const log = async (letter: string) => {
    let text = "";
    const options = { follow: false, signal: AbortSignal.timeout(5_000) };
    for await (const chunk of target.readLog?.(id(letter), options) ?? []) text += chunk.toString();
    return text;
  };

  beforeAll(async () => {
    chmodSync(folder, 0o711);
    registry = await Registry.open(docker.folder);
    target = open(folder, docker);
    machine = net.createServer((socket) => socket.on("error", () => {}).end());
    await new Promise<void>((resolve) => machine.listen(0, "0.0.0.0", resolve));
  });
  afterAll(async () => {
    for (const each of await target.list()) await target.stop(each.id, AbortSignal.abort());
    registry.close();
    machine.close();
    await docker.close();
    // With the network its rules go, too.
    await target.prepare?.();
    rmSync(folder, { recursive: true, force: true });
  });

  it("accepts a start at once, and goes on after a crash with the pull that it waits for", async () => {
    expect(await daemonOf(docker.socket)).toMatchObject({ version: expect.any(String) });
    expect(await target.list()).toEqual([]);
    let release = () => {};
    registry.opened = new Promise((resolve) => {
      release = resolve;
    });
    await start("a");
    expect(await found("a")).toMatchObject({ state: "starting", address: null });
    expect(await containers()).toEqual([]);
    await until("its log tells of the pull", async () => (await log("a")).includes("pulling 127.0.0.1"));
    // Another process knows of it, and waits for the same.
    expect(await open(folder, docker).find(id("a"))).toMatchObject({ state: "starting" });
    await start("b");
    await target.stop(id("b"), AbortSignal.abort());
    release();
    const ready = await reach("a", "ready");
    expect(ready.address).toMatch(/^10\.213\./);
    expect(await log("a")).toMatch(/pulling .*the image is here\n.*it listens\n$/s);
    // Stopped while it waited: it never ran.
    expect(await found("b")).toBeUndefined();
    expect((await containers()).map(({ Names }) => Names[0])).toEqual([`/roost-ses-${"a".repeat(26)}`]);
  });

  it("limits and hardens a container, and keeps secrets out of labels and command lines", async () => {
    const facts = await ask(await reach("a", "ready"), "facts");
    expect(facts).toMatch(
      /CapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\nread-only\nhome\ntoken of the session\n/,
    );
    const [{ Id } = { Id: "" }] = await containers();
    const { Config, HostConfig, ...rest } = await docker.api.call<Record<string, object>>(
      `/containers/${Id}/json`,
    );
    const { Env, ...open } = Config as { Env: string[] };
    expect(HostConfig).toMatchObject({ Memory: 512 * 1024 * 1024, NanoCpus: 1e9, PidsLimit: 512 });
    expect(JSON.stringify([open, HostConfig, rest])).not.toContain("of the session");
    expect(Env).toContain("TOKEN=of the session");
  });

  it("lets none reach another, nor what listens on this machine", async () => {
    await start("b");
    const [a, b] = [await reach("a", "ready"), await reach("b", "ready")];
    expect(target.exposed).toBeUndefined();
    const gateway = String(a.address).replace(/\d+$/, "1");
    const { port } = machine.address() as net.AddressInfo;
    const tries = { session: `${b.address}:8080`, machine: `${gateway}:${port}` };
    const outcomes = async () =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(tries).map(async ([name, place]) => [name, await ask(a, `connect?${place}`)]),
        ),
      );
    const refused = expect.stringContaining("refused");
    expect(await outcomes()).toEqual({ session: refused, machine: refused });
    expect(await ask(b, `connect?${a.address}:8080`)).toContain("refused");
    // It is the rules that do it: without them both are open.
    const nft = programPath("nft") as string;
    const tables = execFileSync(nft, ["list", "tables"], { encoding: "utf8" });
    const ours = [...tables.matchAll(/roost_[0-9a-f]{12}_containers/g)].map(([name]) => name);
    const name = ours.find((each) =>
      execFileSync(nft, ["list", "table", "inet", each], { encoding: "utf8" }).includes(bridgeOf(target)),
    );
    execFileSync(nft, ["delete", "table", "inet", String(name)]);
    expect(await outcomes()).toEqual({ session: "open\n", machine: "open\n" });
    await open(folder, docker).prepare?.();
    expect(await outcomes()).toEqual({ session: refused, machine: refused });
  });

  it("starts nothing twice, tells why one ended, and removes what it stops", async () => {
    await Promise.all([start("b"), start("b", {}, open(folder, docker))]);
    expect(await containers()).toHaveLength(2);
    await start("c", { command: ["/bin/sh", "-c", "echo last words; exit 3"] });
    expect(await reach("c", "ended")).toMatchObject({ reason: "It ended with code 3." });
    expect(await target.lastLines(id("c"))).toEqual(["last words"]);
    // Asked for again it does not begin anew.
    await start("c", { command: ["/bin/sh", "-c", "echo last words; exit 3"] });
    expect(await found("c")).toMatchObject({ state: "ended" });
    await expect(start("d", { command: ["/nonexistent"] })).rejects.toThrow(/nonexistent/);
    for (const letter of ["b", "c", "d"]) await target.stop(id(letter), AbortSignal.abort());
    expect(await containers()).toHaveLength(1);
  });

  it("never touches what is not ours", async () => {
    const name = `roost-${id("e").replace("_", "-")}`;
    const body = {
      Image: registry.image,
      Labels: { "roost.session": id("e"), "roost.installation": "another" },
    };
    await docker.api.call("/containers/create", { method: "POST", query: { name }, body });
    expect(await found("e")).toBeUndefined();
    await expect(start("e")).rejects.toThrow(/none of ours/);
    await target.stop(id("e"), AbortSignal.timeout(5_000));
    expect((await containers()).map(({ Names }) => Names[0])).toContain(`/${name}`);
    await docker.api.call(`/containers/${name}`, { method: "DELETE" });
  });

  it("tells why there is no image", async () => {
    await start("f", { image: registry.image.replace(/.{4}$/, "0000") });
    expect(await reach("f", "ended")).toMatchObject({
      reason: expect.stringContaining("could not be pulled"),
    });
    await target.stop(id("f"), AbortSignal.timeout(5_000));
    expect(await found("f")).toBeUndefined();
  });
});

function bridgeOf({ place }: SessionTarget): string {
  return `roost${place.split(" ")[1]?.slice(0, 8)}`;
}
