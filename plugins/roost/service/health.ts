import http from "node:http";
import net from "node:net";
import type { ServiceSettings } from "./spec.ts";

type HealthCheck = NonNullable<ServiceSettings["healthCheck"]>;

export interface Verdict {
  healthy: boolean | undefined;
  good: number;
  bad: number;
}

/** Judges one more answer; `healthy` stays as it was until enough answers in a row say otherwise. */
export function judge(before: Verdict, answered: boolean, check: HealthCheck): Verdict {
  const good = answered ? before.good + 1 : 0;
  const bad = answered ? 0 : before.bad + 1;
  if (good >= check.healthyAfter) return { healthy: true, good, bad };
  if (bad >= check.unhealthyAfter && before.healthy !== undefined) return { healthy: false, good, bad };
  return { healthy: before.healthy, good, bad };
}

/** Asks once whether a service answers; never throws. */
export function probe(check: HealthCheck, address: string, port: number): Promise<boolean> {
  const milliseconds = check.timeoutSeconds * 1000;
  return check.path === undefined
    ? connects(address, port, milliseconds)
    : answers(check.path, address, port, milliseconds);
}

function connects(host: string, port: number, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: milliseconds });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}

function answers(path: string, host: string, port: number, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ host, port, path, agent: false, headers: { "user-agent": "roost-health" } });
    const timer = setTimeout(() => request.destroy(new Error("no answer in time")), milliseconds);
    const settle = (answered: boolean): void => {
      clearTimeout(timer);
      resolve(answered);
    };
    request.once("response", (response) => {
      settle((response.statusCode ?? 500) < 400);
      response.destroy();
    });
    request.once("error", () => settle(false));
  });
}
