import { z } from "zod";
import { type Choice, capacity, heading, mebibyte, numberOf, ParameterFault, template } from "./template.ts";

const parameters = z.strictObject({
  use: z
    .enum(["cache", "store"])
    .default("cache")
    .describe(
      "cache: forgets what was used least; store: refuses writes when it is full, and keeps a log of them.",
    ),
  memoryPercent: z
    .int()
    .min(5)
    .max(75)
    .optional()
    .describe("Of the memory. Default: 75 for a cache, 60 for a store, whose saving needs the rest."),
  clients: z.int().min(1).max(100_000).default(10_000).describe("Connections at once."),
});

/** A file to include at the end of redis.conf, and the unit's limit of open files. */
export const redis = template({
  name: "redis",
  summary: "Redis' memory, eviction and queue, and the open files of its unit",
  parameters,
  generate(facts, { use, memoryPercent, clients }) {
    const { memoryBytes, reason } = capacity(facts);
    const percent = memoryPercent ?? (use === "cache" ? 75 : 60);
    const openFiles = clients + 32;
    const openMost = numberOf(facts, "fs.nr_open", 1_048_576);
    if (openFiles > openMost)
      throw new ParameterFault("clients", `the host's fs.nr_open allows ${openMost - 32} at most`);
    const queue = Math.min(511, numberOf(facts, "net.core.somaxconn", 511));
    const choices: Choice[] = [
      {
        setting: "maxmemory",
        value: `${Math.floor((memoryBytes * percent) / 100 / mebibyte)}mb`,
        reason: `${percent} % of ${reason}`,
      },
      {
        setting: "maxmemory-policy",
        value: use === "cache" ? "allkeys-lru" : "noeviction",
        reason: use === "cache" ? "a cache forgets what was used least" : "a store forgets nothing",
      },
      { setting: "maxclients", value: String(clients), reason: "as asked" },
      { setting: "tcp-backlog", value: String(queue), reason: "net.core.somaxconn cuts what is more" },
      {
        setting: "appendonly",
        value: use === "cache" ? "no" : "yes",
        reason: use === "cache" ? "a cache is filled again" : "each write is logged",
      },
    ];
    const text = [heading, ...choices.map(({ setting, value }) => `${setting} ${value}`), ""].join("\n");
    const unit = [heading, "[Service]", `LimitNOFILE=${openFiles}`, ""].join("\n");
    const limit = {
      path: "/etc/systemd/system/redis-server.service.d/60-roost.conf",
      mode: "0644",
      text: unit,
    } as const;
    return {
      files: [
        { path: "/etc/redis/60-roost.conf", mode: "0644", text },
        ...(facts.services.manager === "systemd" ? [limit] : []),
      ],
      choices: [
        ...choices,
        {
          setting: "LimitNOFILE",
          value: String(openFiles),
          reason: "a file for each client, and 32 of its own",
        },
      ],
      validator: null,
      refresh: [{ how: "restart", unit: "redis-server.service" }],
      include: { path: "/etc/redis/redis.conf", line: "include /etc/redis/60-roost.conf" },
    };
  },
});
