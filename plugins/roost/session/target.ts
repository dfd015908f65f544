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
}

/** One start that is wanted. */
export interface StartIntent {
  /** Of the session, `ses_…`: the tag by which the target finds it again, and from which names are made. */
  id: string;
  urn: string;
  workload: SessionWorkload;
  secretEnvironment: Record<string, string>;
}

/** What a target says of a session. */
export interface TargetSession {
  id: string;
  state: "starting" | "ready" | "ended";
  /** Private. */
  address: string | null;
  port: number | null;
  /** Why it ended. */
  reason?: string;
}

/**
 * Where sessions run. All of it goes by the session's id, so that each call can be repeated after a crash.
 */
export interface SessionTarget {
  /** The target, with the machine or cluster that this process reaches. */
  readonly place: string;
  /** Asks for a start; returns when it was accepted, which says nothing of being ready. Starts nothing twice. */
  start(intent: StartIntent, signal: AbortSignal): Promise<void>;
  /** By the id that it was started with; undefined: there is none. */
  find(id: string): Promise<TargetSession | undefined>;
  /** Everything that was started with an id of a session, and nothing else. */
  list(): Promise<TargetSession[]>;
  /** Ends a session and gives all that it has back; one that is not there is no error. */
  stop(id: string, signal: AbortSignal): Promise<void>;
  /** The newest lines that it printed, oldest first; empty when there are none, or they are kept elsewhere. */
  lastLines(id: string): string[];
  /** File with what it prints; undefined when that is kept elsewhere. */
  logPath(id: string): string | undefined;
}

export type TargetName = "process" | "docker" | "ecs";
export type SessionTargets = Partial<Record<TargetName, SessionTarget>>;
