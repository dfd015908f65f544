import { z } from "zod";
import type { Facts } from "../facts/index.ts";
import { type Choice, capacity, heading, numberOf, ParameterFault, template } from "./template.ts";

/** Of a connection that is passed on: its headers, and eight buffers of 4 KiB for the answer. */
const connectionBytes = 40 * 1024;

const parameters = z.strictObject({
  role: z
    .enum(["static", "proxy"])
    .default("static")
    .describe("proxy: each client takes a second connection, to the server behind."),
  openFiles: z.int().min(1024).max(1_048_576).default(65_536).describe("What a worker may have open."),
  keepaliveSeconds: z.int().min(0).max(3600).default(65).describe("How long an idle client is kept."),
  maxBodyMebibytes: z.int().min(1).max(10_240).default(16).describe("Largest body of a request."),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Also a default server there, which answers 404 to names that no site has. Default: none."),
});

/** All of nginx.conf; sites stay where the distribution has them. */
export const nginx = template({
  name: "nginx",
  summary: "nginx.conf sized by processors, memory and open files",
  parameters,
  generate(facts, { role, openFiles, keepaliveSeconds, maxBodyMebibytes, port }) {
    const { cpus, memoryBytes, reason } = capacity(facts);
    const openMost = numberOf(facts, "fs.nr_open", 1_048_576);
    if (openFiles > openMost)
      throw new ParameterFault("openFiles", `the host's fs.nr_open allows ${openMost} at most`);
    const perClient = role === "proxy" ? 2 : 1;
    const byFiles = Math.floor(openFiles / 2) - 64;
    const byMemory = Math.max(512, Math.floor(memoryBytes / 4 / connectionBytes / cpus));
    const connections = Math.min(byFiles, byMemory);
    const backlog = Math.min(numberOf(facts, "net.core.somaxconn", 511), 65_535);
    const choices: Choice[] = [
      { setting: "worker_processes", value: String(cpus), reason },
      {
        setting: "worker_connections",
        value: String(connections),
        reason: `the lesser of ${byFiles} by open files and ${byMemory} by a quarter of the memory; ${Math.floor((cpus * connections) / perClient)} clients in all`,
      },
      {
        setting: "worker_rlimit_nofile",
        value: String(openFiles),
        reason: "two for each connection, and 128",
      },
    ];
    if (port !== undefined)
      choices.push({
        setting: "backlog",
        value: String(backlog),
        reason: "net.core.somaxconn cuts what is more",
      });
    const text = [
      heading,
      ...userLine(facts),
      `worker_processes ${cpus};`,
      `worker_rlimit_nofile ${openFiles};`,
      "pid /run/nginx.pid;",
      "error_log /var/log/nginx/error.log;",
      "include /etc/nginx/modules-enabled/*.conf;",
      "",
      "events {",
      `    worker_connections ${connections};`,
      "}",
      "",
      "http {",
      "    include /etc/nginx/mime.types;",
      "    default_type application/octet-stream;",
      "    access_log /var/log/nginx/access.log;",
      "",
      "    sendfile on;",
      "    tcp_nopush on;",
      "    server_tokens off;",
      "    types_hash_max_size 2048;",
      `    keepalive_timeout ${keepaliveSeconds}s;`,
      `    client_max_body_size ${maxBodyMebibytes}m;`,
      "    reset_timedout_connection on;",
      "    open_file_cache max=10000 inactive=30s;",
      "    open_file_cache_valid 60s;",
      "",
      "    gzip on;",
      "    gzip_comp_level 5;",
      "    gzip_min_length 256;",
      "    gzip_vary on;",
      "    gzip_types text/plain text/css text/javascript application/javascript application/json application/xml image/svg+xml;",
      "",
      "    ssl_protocols TLSv1.2 TLSv1.3;",
      "    ssl_session_cache shared:roost:10m;",
      "    ssl_session_timeout 1d;",
      "",
      ...(port === undefined ? [] : defaultServer(port, backlog, cpus)),
      "    include /etc/nginx/conf.d/*.conf;",
      "    include /etc/nginx/sites-enabled/*;",
      "}",
      "",
    ].join("\n");
    return {
      files: [{ path: "/etc/nginx/nginx.conf", mode: "0644", text }],
      choices,
      validator: { program: "nginx", arguments: ["-t", "-q", "-c", "{file}"], scope: "file" },
      refresh: [{ how: "reload", unit: "nginx.service" }],
    };
  },
});

/** As whom the distribution's package runs it. */
function userLine({ system: { users } }: Facts): string[] {
  const user = ["www-data", "nginx", "http"].find((name) => users[name]);
  return user === undefined ? [] : [`user ${user};`];
}

/** With reuseport each worker has a queue of its own, which pays off from two on. */
function defaultServer(port: number, backlog: number, workers: number): string[] {
  const reuse = workers > 1 ? " reuseport" : "";
  return [
    "    server {",
    `        listen ${port} default_server${reuse} backlog=${backlog};`,
    "        server_name _;",
    "        return 404;",
    "    }",
    "",
  ];
}
