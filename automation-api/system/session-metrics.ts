import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Db } from "../db/transaction.ts";
import * as queries from "./queries.ts";

export interface SessionMetrics {
  /** @param claim.seconds from the request to the end of its transaction */
  onClaim(claim: { template: string; missed: boolean; seconds: number }): void;
  /** @param seconds from the wish for a session to its workload's answer */
  onReady(seconds: number): void;
  onLeak(count: number): void;
}

/** What sessions cost and how long users wait. Labels name templates and states, never users. */
export function createSessionMetrics(registry: Registry, db: Db): SessionMetrics {
  const registers = [registry];
  new Gauge({
    name: "roost_sessions",
    help: "Sessions that are not over; the warm ones are the pool.",
    labelNames: ["template", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { template, state, count } of await queries.countSessions(db))
        this.set({ template, state }, count);
    },
  });
  const claims = new Histogram({
    name: "roost_session_claim_seconds",
    help: "Time of a claim in this process; a hit got a session that was ready.",
    labelNames: ["template", "result"],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const starts = new Histogram({
    name: "roost_session_start_seconds",
    help: "Time from the wish for a session to its workload's answer, as this process saw it.",
    buckets: [0.5, 1, 2, 5, 10, 20, 40, 60, 90, 120, 300],
    registers,
  });
  const leaks = new Counter({
    name: "roost_session_leaks_total",
    help: "Sessions found running that no ledger wanted, and stopped by this process.",
    registers,
  });
  return {
    onClaim: ({ template, missed, seconds }) =>
      claims.observe({ template, result: missed ? "miss" : "hit" }, seconds),
    onReady: (seconds) => starts.observe(seconds),
    onLeak: (count) => leaks.inc(count),
  };
}
