import { gzipSync } from "node:zlib";
import type { HeldLogin } from "../../plugins/command/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { readPublicKey } from "../credentials/service.ts";
import type { Tx } from "../db/transaction.ts";
import type { Deployment } from "../deployments/contract.ts";
import { type Deployments, hostsProject, type RequestContext } from "../deployments/service.ts";
import type { Claim } from "../queue/contract.ts";
import * as queries from "./queries.ts";
import type { HostReader, ReadableHost } from "./reader.ts";
import type { SshTarget } from "./ssh/contract.ts";

/** One change of one host. */
export interface HostChange {
  /** Names the resource in the host's stack: small letters, digits and underscores. */
  action: string;
  /** Verb of the script, and its words. */
  arguments: string;
  /** Everything that runs on the host; it travels on standard input. */
  script: string;
  message: string;
  /** How it is measured once it is applied; absent: it is not. */
  benchmark?: MeasuredChange;
  /** The key that the host shows now where it is not the pinned one: of the form of a line of a `.pub` file. */
  hostKey?: string;
}

/** A type, as `Place` is one. */
export type MeasuredChange = {
  workloads: string[];
  seconds: number;
  /** False: nothing is switched, and nothing is taken back. */
  isChange: boolean;
};

/** Changes of hosts are deployments of the stack `hosts/ID`, so that each host has one at a time. */
export class HostChanges {
  readonly #deployments: Deployments;
  readonly #reader: HostReader;

  constructor(deployments: Deployments, reader: HostReader) {
    this.#deployments = deployments;
    this.#reader = reader;
  }

  /** In the caller's transaction, so that its own row and the deployment come to be together. */
  async queue(
    tx: Tx,
    principal: Principal,
    host: ReadableHost,
    change: HostChange,
    context: RequestContext = {},
  ): Promise<Deployment> {
    authorize(principal, "host:change");
    const { action, arguments: words, script, message, hostKey, benchmark = null } = change;
    const target = await this.#reader.target(host);
    const { bastion, ...place } = placeOf(hostKey === undefined ? target : { ...target, hostKey });
    const input = {
      project: hostsProject,
      stack: host.id,
      operation: "update" as const,
      program: { builtin: "host" },
      // No bastion takes an earlier one's place too, and no benchmark that of one.
      config: {
        ...place,
        sudo: target.sudo ?? false,
        bastion: bastion ?? null,
        benchmark,
        action,
        arguments: words,
      },
      secrets: { script: gzipSync(script).toString("base64") },
      message,
      options: {},
    };
    return this.#deployments.queue(tx, principal, input, { ...context, ofPlatform: true });
  }

  /** Pins a host to a key that it has told over a connection that was sure of it. */
  async pin(tx: Tx, principal: Principal, id: string, line: string): Promise<void> {
    const row = await queries.lockHost(tx, principal.organizationId, id);
    if (!row || row.host_key === line) return;
    const key = readPublicKey(line, "hostKey");
    await queries.updateHost(tx, id, {
      ...{ host_key: key.line, host_key_trust: "verified", host_key_accepted_by: principal.name },
      host_key_accepted_at: new Date(),
    });
    await record(tx, principal, {
      action: "host.change",
      object: id,
      phase: "result",
      detail: { hostKey: key.fingerprint, trust: "verified", from: "the host itself" },
    });
  }

  /** What a deployment of a host logs in with; of every other deployment nothing. */
  async loginsOf({ project, stack, program, organizationId }: Claim): Promise<Record<string, HeldLogin>> {
    if (project !== hostsProject || program.builtin !== "host") return {};
    const host = await this.#reader.get(organizationId, stack);
    const target = await this.#reader.target(host);
    const hops = target.bastion ? [target, target.bastion] : [target];
    return Object.fromEntries(hops.map(({ id, login }) => [id, login]));
  }
}

/** A type, not an interface: it goes into a configuration, which takes what is surely plain JSON. */
type Place = {
  address: string;
  port: number;
  user: string;
  hostKey: string;
  login: string;
};

function placeOf({ id, address, port, user, hostKey, bastion }: SshTarget): Place & { bastion?: Place } {
  const key = hostKey.split(" ").slice(0, 2).join(" ");
  return {
    ...{ address, port, user, hostKey: key, login: `roost-agent:${id}` },
    ...(bastion && { bastion: placeOf(bastion) }),
  };
}
