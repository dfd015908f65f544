import type { StartIntent } from "../../target.ts";

/** Of a container that says nothing of its own. CPU units are 1024 to a virtual processor. */
const defaults = { cpu: 1_024, memoryMiB: 512 } as const;
const mostProcesses = 512;
const scratchMiB = 256;
const home = "/home/session";

export const labels = {
  /** Tells our containers from those of other servers, and of everybody else. */
  installation: "roost.installation",
  session: "roost.session",
  port: "roost.port",
  healthPath: "roost.health-path",
} as const;

/** Names of the things that these sessions share at a daemon; interfaces have 15 characters at most. */
export function namesOf(installation: string) {
  const short = installation.slice(0, 8);
  return { network: `roost-${installation}`, bridge: `roost${short}` };
}

export function containerName(session: string): string {
  return `roost-${session.replace("_", "-")}`;
}

/** One network for all: what sends from one container to another is dropped by the daemon, and by our own rules. */
export function networkSpec(installation: string) {
  const { network, bridge } = namesOf(installation);
  return {
    Name: network,
    Driver: "bridge",
    CheckDuplicate: true,
    EnableIPv6: false,
    Options: {
      "com.docker.network.bridge.name": bridge,
      "com.docker.network.bridge.enable_icc": "false",
    },
    Labels: { [labels.installation]: installation },
  };
}

/**
 * What is asked of the daemon for a session. Its root is read only but for its home and /tmp, which are memory; it has
 * no capability and no way to gain one; processor, memory and processes are limited. Secrets are in its environment
 * alone.
 */
export function containerSpec(
  { id, workload, secretEnvironment }: StartIntent,
  image: string,
  installation: string,
) {
  const { command, port, environment, healthPath, cpu, memoryMiB } = workload;
  const variables = {
    ...environment,
    SESSION_ID: id,
    HOST: "0.0.0.0",
    PORT: String(port),
    HOME: home,
    ...secretEnvironment,
  };
  const memory = (memoryMiB ?? defaults.memoryMiB) * 1024 * 1024;
  const scratch = `rw,nosuid,nodev,mode=1777,size=${scratchMiB}m`;
  return {
    Image: image,
    ...(command && { Cmd: command }),
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [labels.installation]: installation,
      [labels.session]: id,
      [labels.port]: String(port),
      ...(healthPath !== undefined && { [labels.healthPath]: healthPath }),
    },
    HostConfig: {
      NetworkMode: namesOf(installation).network,
      NanoCpus: Math.round(((cpu ?? defaults.cpu) / 1_024) * 1e9),
      Memory: memory,
      // None beside the memory: the limit would be no limit.
      MemorySwap: memory,
      PidsLimit: mostProcesses,
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": scratch, [home]: scratch },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
  };
}

/** The fields of a container in the daemon's list that we read. */
export interface ListedContainer {
  Id: string;
  State: string;
  /** For people, such as `Exited (3) 2 seconds ago`. */
  Status: string;
  Labels: Record<string, string>;
  NetworkSettings?: { Networks?: Record<string, { IPAddress?: string }> };
}

export interface FoundContainer {
  container: string;
  session: string;
  state: "created" | "running" | "ended";
  address: string | null;
  port: number;
  healthPath: string | null;
  reason?: string;
}

/** Undefined: it is none of ours, or nothing of it will be there in a moment. */
export function readContainer(listed: ListedContainer, installation: string): FoundContainer | undefined {
  const { Id, State, Status, Labels } = listed;
  const session = Labels[labels.session];
  if (Labels[labels.installation] !== installation || session === undefined || State === "removing") {
    return undefined;
  }
  const { IPAddress } = listed.NetworkSettings?.Networks?.[namesOf(installation).network] ?? {};
  const code = /^Exited \((\d+)\)/.exec(Status)?.[1];
  const isOver = State === "exited" || State === "dead";
  return {
    container: Id,
    session,
    state: State === "created" ? "created" : isOver ? "ended" : "running",
    address: IPAddress || null,
    port: Number(Labels[labels.port]),
    healthPath: Labels[labels.healthPath] ?? null,
    ...(isOver && { reason: `It ended${code === undefined ? "" : ` with code ${code}`}.` }),
  };
}

/** An image's name and digest as the daemon takes them; undefined for one that is known by its id alone. */
export function pullable(image: string): { fromImage: string; tag: string } | undefined {
  const [name, digest] = image.split("@");
  return name !== undefined && digest !== undefined ? { fromImage: name, tag: digest } : undefined;
}
