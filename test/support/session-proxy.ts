import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Client } from "./client.ts";
import type { Cluster } from "./cluster.ts";

const entry = fileURLToPath(new URL("../../automation-api/cli/main.ts", import.meta.url));

/** What a user's browser gets of a session's path, through a proxy process of its own and with a ticket of the API. */
export async function browse(cluster: Cluster, client: Client, id: string, path = "/"): Promise<string> {
  const child = spawn(process.execPath, [entry, "proxy", "--json"], {
    env: {
      PATH: process.env.PATH,
      ROOST_DATA_DIR: cluster.folder,
      ROOST_PROXY_PORT: "0",
      ROOST_PROXY_URL: "http://*.localhost:0",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { port } = new URL((JSON.parse(line.toString()) as { url: string }).url.replace("*.", ""));
    const { url } = await client.call<{ url: string }>("POST", `/api/v1/sessions/${id}/open`);
    const { pathname, search, hostname } = new URL(url);
    const ask = (asked: string, cookie = "") =>
      new Promise<http.IncomingMessage>((resolve, reject) => {
        const headers = { host: `${hostname}:${port}`, cookie };
        http
          .get({ host: "127.0.0.1", port, path: asked, headers, agent: false }, resolve)
          .on("error", reject);
      });
    const entered = await ask(pathname + search);
    if (entered.statusCode !== 303) throw new Error(`The ticket was answered with ${entered.statusCode}.`);
    return await text(await ask(path, entered.headers["set-cookie"]?.[0]?.split(";")[0]));
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}
