import type { HostLogin } from "../../credentials/service.ts";
import { RoostError } from "../../errors.ts";

/** What can go wrong between us and a host, or on it. */
export type HostFault =
  /** Nobody answers at the address, or the connection was lost. */
  | "unreachable"
  /** Another key than the pinned one was shown. Nothing was sent. */
  | "host-key"
  | "authentication"
  | "deadline"
  | "output-cap"
  /** The script ended with another code than 0. */
  | "remote-exit";

export class HostError extends RoostError {
  readonly fault: HostFault;
  /** Nothing is wrong but the moment: the same may go well a little later. */
  readonly isPassing: boolean;

  constructor(fault: HostFault, message: string, { isPassing = false }: { isPassing?: boolean } = {}) {
    super("unprocessable", message, { faults: [{ field: "host", message: `${fault}: ${message}` }] });
    this.fault = fault;
    this.isPassing = isPassing;
  }
}

/** One machine to log in to, as the inventory has it. */
export interface SshTarget {
  /** The host's id: the name under which its key is pinned. */
  id: string;
  name: string;
  address: string;
  port: number;
  user: string;
  /** Everything is run by `sudo -n`. Default: as the user. */
  sudo?: boolean;
  /** `type base64`. */
  hostKey: string;
  login: HostLogin;
  bastion?: SshTarget;
}

export interface RemoteRun {
  /** A POSIX sh script, sent on standard input: it never stands in a command line. */
  script: string;
  /** From the first packet to the last, the login included. Default 30 s. */
  deadlineMs?: number;
  /** Of standard output; more is a fault. Default 4 MiB. */
  capBytes?: number;
  signal?: AbortSignal;
}

export interface RemoteOutput {
  stdout: Buffer;
  /** The last 4 KiB. */
  stderr: string;
}
