import { isAlive } from "../../process/identity.ts";
import { isSupervised } from "./control.ts";
import type { ServiceRecord, ServiceStatus } from "./record.ts";

export interface ServiceOutputs {
  address: string;
  port: number;
  url: string;
  logPath: string;
  /** "running", or "down" whatever the reason. */
  state: "running" | "down";
  /** Of the service's own process; absent while it is down. */
  pid?: number;
}

/** What is true of a service now, from its record and what its supervisor last said. */
export function outputsOf(record: ServiceRecord, status: ServiceStatus | undefined): ServiceOutputs {
  const { address, port, logPath } = record;
  const up =
    record.wanted === "running" &&
    isSupervised(status) &&
    status.state === "running" &&
    isAlive(status.service);
  return {
    address,
    port,
    url: `http://${address}:${port}`,
    logPath,
    state: up ? "running" : "down",
    ...(up && { pid: status.service?.pid }),
  };
}
