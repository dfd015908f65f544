import type { z } from "zod";
import type { Db } from "../db/transaction.ts";
import { invalid } from "../errors.ts";
import { type EventFeed, requireReadable, toStreamEvents } from "../events/service.ts";
import type { Hub, HubRequest } from "../http/websocket.ts";
import { hubQuery } from "./contract.ts";

/**
 * The event stream of one deployment, or of one update that a person runs, by
 * WebSocket: the same events under the same sequence numbers as by HTTP.
 */
export function taskHub({ db, feed }: { db: Db; feed: EventFeed }): Hub {
  return {
    path: "/hubs/tasks",
    access: "stack:read",
    query: hubQuery,
    async open(request: HubRequest<z.output<typeof hubQuery>>) {
      const { principal, query, lastEventId, signal } = request;
      const { deployment, update, after } = query;
      const id = deployment ?? update;
      if (id === undefined || (deployment !== undefined && update !== undefined)) {
        throw invalid("query.deployment", "expected either deployment or update");
      }
      await requireReadable(db, principal, id, deployment ? "Deployment" : "Update");
      return toStreamEvents(feed, id, { after, lastEventId, signal });
    },
  };
}
