import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Session } from "../../automation-api/sessions/contract.ts";
import type { Template } from "../../automation-api/templates/contract.ts";
import { openSessionTargets } from "../../plugins/roost/index.ts";
import type { Client } from "../../test/support/client.ts";

const program = {
  name: "server.mjs",
  text: 'import http from "node:http";\nhttp.createServer((_, reply) => reply.end("here")).listen(Number(process.env.PORT), process.env.HOST);\n',
};

export interface ColdOptions {
  client: Client;
  dataFolder: string;
  /** Sessions that run beside. */
  live: number;
  starts: number;
  betweenMs: number;
  /** An update of the same template is under way when a start is asked for. Default: none is. */
  inFlight?: boolean;
}

/**
 * What we add to a cold start: from the request to the moment at which the target is asked to start, which is when
 * the session's folder is made.
 * @returns milliseconds of each start
 */
export async function coldOverhead({
  client,
  dataFolder,
  live,
  starts,
  betweenMs,
  inFlight = false,
}: ColdOptions): Promise<number[]> {
  const template = inFlight ? "cold-in-flight" : "cold";
  await client.call<Template>("POST", "/api/v1/templates", {
    name: template,
    workload: { program },
    // None waits ready: a claim of one is no cold start.
    pool: { ceiling: 0 },
    quotas: { perUser: 10_000 },
  });
  const start = () => client.call<Session>("POST", "/api/v1/sessions", { template });
  const find = (id: string) => client.call<Session>("GET", `/api/v1/sessions/${id}`);
  const active = async (id: string) => {
    for (;;) {
      const { state, error } = await find(id);
      if (state === "active") return;
      if (state === "failed") throw new Error(error ?? "a session failed");
      await wait(100);
    }
  };
  /** Its update is queued, or runs. */
  const launched = async (id: string) => {
    while ((await find(id)).state === "requested") await wait(5);
  };
  const before = await Promise.all(Array.from({ length: live }, start));
  for (const { id } of before) await active(id);
  const took: number[] = [];
  for (let index = 0; index < starts; index++) {
    const other = inFlight ? (await start()).id : undefined;
    if (other !== undefined) await launched(other);
    const asked = Date.now();
    const { id } = await start();
    await active(id);
    if (other !== undefined) await active(other);
    took.push(startedAt(dataFolder, id) - asked);
    await wait(Math.max(0, betweenMs - (Date.now() - asked)));
  }
  return took;
}

function startedAt(dataFolder: string, id: string): number {
  const log = openSessionTargets(dataFolder).process?.logPath(id) as string;
  // The log lies in a folder of the session's own, which is the first that is made of it.
  return statSync(join(dirname(log), "..")).birthtimeMs;
}
