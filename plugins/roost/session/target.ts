/**
 * Where and as what the tasks of a template start on ECS: the output of the stack `sessions` for it. All of it is sent
 * as it is; what differs from session to session comes beside it.
 */
export interface EcsSettings {
  runTask: {
    /** ARN. */
    cluster: string;
    /** ARN of a revision; it names the image. */
    taskDefinition: string;
    capacityProviderStrategy: { capacityProvider: string; weight: number }[];
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: string[];
        securityGroups: string[];
        assignPublicIp: "DISABLED" | "ENABLED";
      };
    };
    platformVersion: string;
    enableExecuteCommand: boolean;
    enableECSManagedTags: boolean;
    propagateTags: "TASK_DEFINITION";
    tags: { key: string; value: string }[];
  };
  /** The container that users reach. */
  containerName: string;
}

/** What a session runs, as its template says. */
export interface SessionWorkload {
  command?: string[];
  /** A Node program of one file, instead of a command. */
  program?: { name: string; text: string };
  /** By digest. */
  image?: string;
  port: number;
  environment: Record<string, string>;
  /** Units, 1024 to a virtual processor. */
  cpu?: number;
  memoryMiB?: number;
  /** Answers a status below 400 when it is ready. Default: its port takes a connection. */
  healthPath?: string;
  ecs?: EcsSettings;
}

/**
 * Starts that are one call: a target that counts calls has ten at most in each. What a batch holds never changes, so
 * that its call can be repeated.
 */
export interface StartBatch {
  /** `bat_…` */
  id: string;
  /** Ids of its sessions. */
  sessions: string[];
}

/** One start that is wanted. */
export interface StartIntent {
  /** Of the session, `ses_…`: the tag by which the target finds it again, and from which names are made. */
  id: string;
  urn: string;
  workload: SessionWorkload;
  secretEnvironment: Record<string, string>;
  /** With whom it is started; only where the ledger grouped it. */
  batch?: StartBatch;
}

/** What a target says of a session. */
export interface TargetSession {
  /** Of the session; with `batch` the target's own name of what was started. */
  id: string;
  /** Set on what a batch has started and no session was bound to yet. */
  batch?: string;
  state: "starting" | "ready" | "ended";
  /** Private. */
  address: string | null;
  port: number | null;
  /** Why it ended. */
  reason?: string;
  /** True when nothing of it is left to stop: it is told for its reason alone. */
  isReleased?: boolean;
}

/**
 * Where sessions run. All of it goes by the session's id, so that each call can be repeated after a crash.
 */
export interface SessionTarget {
  /** The target, with the machine or cluster that this process reaches. */
  readonly place: string;
  /** Why sessions here reach each other and this machine. Undefined: they do not. */
  readonly exposed?: string;
  /** Between two looks at everything, at least: what a target charges or limits. Default: none. */
  readonly lookMilliseconds?: number;
  /** Before anything of before is brought back, when a server or the machine has started again. */
  prepare?(): Promise<void>;
  /** Asks for a start; returns when it was accepted, which says nothing of being ready. Starts nothing twice. */
  start(intent: StartIntent, signal: AbortSignal): Promise<void>;
  /**
   * By the id that it was started with; undefined: there is none.
   * @param batch that it was started in, where that is known: it saves a look at everything
   */
  find(id: string, batch?: StartBatch): Promise<TargetSession | undefined>;
  /** Everything that was started with an id of a session, and nothing else. */
  list(): Promise<TargetSession[]>;
  /** Ends a session, or what `list` tells by a name of its own; one that is not there is no error. */
  stop(id: string, signal: AbortSignal, batch?: StartBatch): Promise<void>;
  /** The newest lines that it printed, oldest first; empty when there are none, or they are kept elsewhere. */
  lastLines(id: string): string[] | Promise<string[]>;
  /** File with what it prints; undefined when that is kept elsewhere. */
  logPath(id: string): string | undefined;
  /** What it prints, where no file has that: what there is, then, with `follow`, what comes, until it ends. */
  readLog?(id: string, options: { follow: boolean; signal: AbortSignal }): AsyncIterable<Buffer>;
}

/** How a target keeps its sessions from each other and from this machine, as it is now. */
export function isolationOf({ exposed }: Pick<SessionTarget, "exposed">): "none" | "network" {
  return exposed === undefined ? "network" : "none";
}

export type TargetName = "process" | "docker" | "ecs";
export type SessionTargets = Partial<Record<TargetName, SessionTarget>>;
