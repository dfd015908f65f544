import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { lastLines as linesOf } from "../../../service/log.ts";
import { loadModule, reasonWithoutFirewall } from "../../firewall/nft.ts";
import { bridgeTable, type Endpoint } from "../../firewall/plan.ts";
import { readReach } from "../../firewall/reach.ts";
import { FirewallTable } from "../../firewall/table.ts";
import { installationOf } from "../../installation.ts";
import type { SessionTarget, StartIntent, TargetSession } from "../../target.ts";
import { answers } from "../probe.ts";
import { DockerError, openDockerApi } from "./api.ts";
import { unframe } from "./log.ts";
import {
  containerName,
  containerSpec,
  type FoundContainer,
  type ListedContainer,
  labels,
  namesOf,
  networkSpec,
  readContainer,
} from "./plan.ts";
import { pullImage, type WaitingStart, WaitingStarts } from "./pulls.ts";

const stopGraceSeconds = 5;
const evidenceLines = 50;
const pollMilliseconds = 250;

export interface DockerOptions {
  /** Of the daemon, for example `/var/run/docker.sock`. */
  socketPath: string;
  /** What sessions may reach beside the internet. Default: nothing. */
  reach?: readonly Endpoint[];
}

/**
 * Sessions as containers of the Docker daemon of this machine, on one network on which none reaches another. They are
 * found by their labels, and nothing without ours is ever touched.
 */
export function dockerTarget(dataFolder: string, { socketPath, reach = [] }: DockerOptions): SessionTarget {
  const api = openDockerApi(socketPath);
  const waiting = new WaitingStarts(dataFolder);
  let known: string | undefined;
  const installation = () => {
    known ??= installationOf(dataFolder);
    return known;
  };
  /** Of this process, by image. */
  const pulls = new Map<string, Promise<void>>();
  /** Containers whose workload has answered once. */
  const answered = new Set<string>();
  let network: Promise<void> | undefined;
  const exposed = () => reasonWithoutFirewall() ?? reasonWithoutBridgeRules();
  const firewall = new FirewallTable({
    dataFolder,
    kind: "containers",
    rules(name) {
      if (!waiting.isUsed) return undefined;
      const { bridge } = namesOf(installation());
      return isInterface(bridge) ? bridgeTable(name, bridge, readReach(dataFolder, reach)) : undefined;
    },
  });

  async function makeNetwork(signal: AbortSignal): Promise<void> {
    const spec = networkSpec(installation());
    const isThere = await api.call(`/networks/${spec.Name}`, { signal }).then(
      () => true,
      (error) => {
        if (error instanceof DockerError && error.status === 404) return false;
        throw error;
      },
    );
    // Another process may be first, and then the name of the interface is taken.
    if (!isThere) {
      await api.call("/networks/create", { method: "POST", body: spec, signal }).catch(async (error) => {
        await api.call(`/networks/${spec.Name}`, { signal }).catch(() => Promise.reject(error));
      });
    }
    if (!isInterface(namesOf(installation()).bridge)) {
      throw new Error(
        "The daemon's networks are not of this machine, so that sessions could not be reached.",
      );
    }
  }

  async function ensureNetwork(signal: AbortSignal): Promise<void> {
    network ??= makeNetwork(signal);
    await network.catch((error) => {
      network = undefined;
      throw error;
    });
    if (exposed()) return;
    // Before anything runs there.
    if (!existsSync(bridgeRules) && !loadModule(bridgeModule)) {
      throw new Error(
        `The kernel did not load ${bridgeModule}, without which sessions would reach each other.`,
      );
    }
    await firewall.apply();
  }

  async function start(intent: StartIntent, signal: AbortSignal): Promise<void> {
    const { image } = intent.workload;
    if (image === undefined) throw new Error("The workload has no image.");
    waiting.prepare();
    await ensureNetwork(signal);
    if (await run(intent, image, signal)) return;
    const { id, urn, workload, secretEnvironment } = intent;
    waiting.write({ intent: { id, urn, workload, secretEnvironment }, image });
    goOn();
  }

  /** @returns false when its image is not here. Starts nothing twice. */
  async function run(intent: StartIntent, image: string, signal: AbortSignal): Promise<boolean> {
    const name = containerName(intent.id);
    const body = containerSpec(intent, image, installation());
    try {
      await api.call("/containers/create", { method: "POST", query: { name }, body, signal });
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      if (error.status === 404 && /image/i.test(error.message)) return false;
      // The network was removed behind our back: made again by the next try.
      if (error.status === 404) network = undefined;
      if (error.status !== 409) throw error;
      const found = await findContainer(intent.id);
      if (found === undefined) throw new Error(`There is a container ${name}, which is none of ours.`);
      // One that has ended does not begin again.
      if (found.state === "ended") return true;
    }
    try {
      await api.call(`/containers/${name}/start`, { method: "POST", signal });
    } catch (error) {
      if (error instanceof DockerError && /network .* not found/i.test(error.message)) network = undefined;
      // What cannot be started leaves nothing.
      if (error instanceof DockerError) await removeContainer(name, AbortSignal.timeout(10_000));
      throw error;
    }
    return true;
  }

  /** Goes on with starts that wait for an image, whoever began them. */
  function goOn(): void {
    const wanted = waiting.list().filter(({ failure }) => failure === undefined);
    for (const image of new Set(wanted.map((each) => each.image))) {
      if (pulls.has(image)) continue;
      const say = (line: string) => {
        for (const each of waiting.list()) if (each.image === image) waiting.say(each.intent.id, line);
      };
      const work = pullImage(api, image, say)
        .then(
          () => undefined,
          (error: Error) => error.message,
        )
        .then(async (failure) => {
          const starts = waiting.list().filter((each) => each.image === image);
          await Promise.all(starts.map((each) => finish(each, failure)));
        })
        .finally(() => pulls.delete(image));
      pulls.set(image, work);
      // What could not be written now is tried again at the next look.
      work.catch(() => undefined);
    }
  }

  async function finish({ intent, image }: WaitingStart, failure: string | undefined): Promise<void> {
    const why = failure ?? (await runWaiting(intent, image));
    // It may have been stopped meanwhile.
    if (waiting.read(intent.id) === undefined) {
      if (why === undefined) await removeContainer(containerName(intent.id), AbortSignal.timeout(10_000));
    } else if (why === undefined) waiting.finish(intent.id);
    else waiting.write({ intent, image, failure: why });
  }

  async function runWaiting(intent: StartIntent, image: string): Promise<string | undefined> {
    if (waiting.read(intent.id) === undefined) return "It was stopped.";
    try {
      const signal = AbortSignal.timeout(60_000);
      await ensureNetwork(signal);
      return (await run(intent, image, signal)) ? undefined : `The daemon has no image ${image}.`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function listContainers(label: string): Promise<FoundContainer[]> {
    const filters = JSON.stringify({ label: [label] });
    const listed = await api.call<ListedContainer[]>("/containers/json", { query: { all: "1", filters } });
    return listed.flatMap((each) => readContainer(each, installation()) ?? []);
  }

  async function findContainer(id: string): Promise<FoundContainer | undefined> {
    const found = await listContainers(`${labels.session}=${id}`);
    return found[0];
  }

  async function look(found: FoundContainer): Promise<TargetSession> {
    const { container, session: id, state, address, port, healthPath, reason } = found;
    if (state === "ended") {
      answered.delete(container);
      return { id, state: "ended", address: null, port: null, reason: await explain(container, reason) };
    }
    if (state === "running" && address !== null && !answered.has(container)) {
      if (await answers({ address, port, healthPath })) answered.add(container);
    }
    return { id, state: answered.has(container) ? "ready" : "starting", address, port };
  }

  async function explain(container: string, reason: string | undefined): Promise<string | undefined> {
    const { State } = await api.call<{ State: { OOMKilled: boolean } }>(`/containers/${container}/json`);
    return State.OOMKilled ? "It ended: it needed more memory than it may have." : reason;
  }

  const describeWaiting = ({ intent, failure }: WaitingStart): TargetSession => ({
    id: intent.id,
    state: failure === undefined ? "starting" : "ended",
    address: null,
    port: null,
    ...(failure !== undefined && { reason: failure }),
  });

  async function list(): Promise<TargetSession[]> {
    // Where no session ever ran, nobody is asked.
    if (!waiting.isUsed) return [];
    if (!exposed()) await firewall.keep();
    goOn();
    const starts = waiting.list();
    const found = await listContainers(`${labels.installation}=${installation()}`);
    const here = new Set(found.map(({ session }) => session));
    const looked = await Promise.all(found.map(look));
    return [...looked, ...starts.filter(({ intent }) => !here.has(intent.id)).map(describeWaiting)];
  }

  async function find(id: string): Promise<TargetSession | undefined> {
    const found = await findContainer(id);
    const start = waiting.read(id);
    return found ? look(found) : start && describeWaiting(start);
  }

  async function stop(id: string, signal: AbortSignal): Promise<void> {
    waiting.remove(id);
    const found = await findContainer(id);
    if (found === undefined) return;
    answered.delete(found.container);
    const t = String(stopGraceSeconds);
    await api
      .call(`/containers/${found.container}/stop`, { method: "POST", query: { t }, signal })
      .catch(() => undefined);
    await removeContainer(found.container, AbortSignal.timeout(20_000));
  }

  async function removeContainer(name: string, signal: AbortSignal): Promise<void> {
    const query = { force: "1", v: "1" };
    await api.call(`/containers/${name}`, { method: "DELETE", query, signal }).catch((error) => {
      // Gone, or going.
      if (!(error instanceof DockerError) || (error.status !== 404 && error.status !== 409)) throw error;
    });
  }

  /** First what is said of its pull, then what it prints itself. */
  async function* readLog(id: string, { follow, signal }: { follow: boolean; signal: AbortSignal }) {
    let told = 0;
    for (;;) {
      const found = await findContainer(id);
      const start = waiting.read(id);
      const said = existsSync(waiting.logPath(id)) ? readFileSync(waiting.logPath(id)) : Buffer.alloc(0);
      if (said.length > told) yield said.subarray(told);
      told = said.length;
      if (found && found.state !== "created") {
        yield* printed(found.container, { follow: follow ? "1" : "0" }, signal);
        return;
      }
      if (!follow || start === undefined || start.failure !== undefined || signal.aborted) return;
      await delay(pollMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }

  async function* printed(container: string, query: Record<string, string>, signal: AbortSignal) {
    const options = { stdout: "1", stderr: "1", ...query };
    yield* unframe(await api.stream(`/containers/${container}/logs`, { query: options, signal }));
  }

  async function lastLines(id: string): Promise<string[]> {
    const found = await findContainer(id);
    if (found === undefined) return linesOf(waiting.logPath(id), evidenceLines);
    const chunks: Buffer[] = [];
    const tail = { tail: String(evidenceLines) };
    const signal = AbortSignal.timeout(5_000);
    for await (const chunk of printed(found.container, tail, signal)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8").trimEnd();
    return text === "" ? [] : text.split("\n");
  }

  return {
    get place() {
      return `docker ${installation()}`;
    },
    get exposed() {
      return exposed();
    },
    async prepare() {
      if (waiting.isUsed && !exposed()) await firewall.apply();
    },
    start,
    stop,
    find,
    list,
    lastLines,
    logPath: () => undefined,
    readLog,
  };
}

function isInterface(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

const bridgeModule = "br_netfilter";
const bridgeRules = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** What goes from one container to another on a bridge passes by the firewall, unless the kernel is told otherwise. */
function reasonWithoutBridgeRules(): string | undefined {
  const isRight = existsSync(bridgeRules)
    ? readFileSync(bridgeRules, "utf8").trim() === "1"
    : loadModule(bridgeModule, true);
  if (isRight) return undefined;
  return `what goes over bridges passes by this machine's firewall: set net.bridge.bridge-nf-call-iptables=1 (module ${bridgeModule})`;
}
