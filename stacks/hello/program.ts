import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Service } from "../../plugins/roost/sdk.ts";
import type { HelloConfig } from "./config.ts";

const server = fileURLToPath(new URL("./server.mjs", import.meta.url));
const receipt = fileURLToPath(new URL("./receipt.sh", import.meta.url));

/**
 * A small web service in some replicas, each at an address of its own, and a receipt that a command prints when all
 * of them answer.
 */
export async function program(config: HelloConfig) {
  const version = versionOf(config.message);
  const replicas = Array.from(
    { length: config.replicas },
    (_, index) =>
      new Service(`web-${index + 1}`, {
        command: { program: server },
        port: config.port === undefined ? undefined : config.port + index,
        environment: { MESSAGE: config.message, REPLICA: String(index + 1), VERSION: version },
        secretEnvironment: config.apiKey === undefined ? undefined : { API_KEY: config.apiKey },
        healthCheck: { path: "/health" },
        stopGraceSeconds: 5,
      }),
  );
  const urls = replicas.map((replica) => replica.url);
  const printed = new local.Command("receipt", {
    create: readFileSync(receipt, "utf8"),
    environment: {
      MESSAGE: config.message,
      VERSION: version,
      URLS: pulumi.all(urls).apply((all) => all.join(" ")),
    },
  });
  return { url: urls[0], urls, version, receipt: printed.stdout };
}

/** Changes with what the page says, so that whoever looks at the page sees which version answered. */
export function versionOf(message: string): string {
  return createHash("sha256").update(message).digest("hex").slice(0, 7);
}
