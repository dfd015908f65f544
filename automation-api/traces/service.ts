import { readTrace, traceScript } from "../../host-provisioning/trace/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import type { HostReader } from "../hosts/service.ts";
import type { TracedReply, TraceRequest } from "./contract.ts";

const spareMilliseconds = 30_000;

/** Looks into the kernel of a host for some seconds, by probes of a fixed list. Nothing is kept. */
export class Traces {
  readonly #reader: Pick<HostReader, "find" | "run">;

  constructor(reader: Pick<HostReader, "find" | "run">) {
    this.#reader = reader;
  }

  /** @throws unprocessable with the host's reason where bpftrace or the kernel do not allow it. */
  async run(principal: Principal, request: TraceRequest, signal?: AbortSignal): Promise<TracedReply> {
    authorize(principal, "host:connect");
    const { probe, seconds } = request;
    const host = await this.#reader.find(principal, request.host, "host");
    const script = traceScript(probe, seconds);
    const deadlineMs = seconds * 1000 + spareMilliseconds;
    const { stdout, stderr } = await this.#reader.run(host, { script, deadlineMs, signal });
    const found = readTrace(probe, stdout.toString("utf8"));
    if (found) return { host: host.name, probe, seconds, ...found };
    const why = stderr.trim().split("\n").at(-1) ?? "";
    throw new RoostError("unprocessable", `${host.name}: bpftrace attached no probe. ${why}`.trim());
  }
}
