import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Settings } from "../config.ts";
import { deployment, deploymentPage } from "../deployments/contract.ts";
import { messageOf } from "../errors.ts";
import type { RunningRoost } from "../main.ts";
import { template } from "../templates/contract.ts";
import { Client } from "./client.ts";
import { follow } from "./follow.ts";
import type { Session } from "./session.ts";

/**
 * On a server that has deployed nothing yet: deploys the program `hello`
 * through the public API and shows it, so that a new user sees the whole road
 * once. What goes wrong here does not stop the server.
 */
export async function deployHello(session: Session, settings: Settings, roost: RunningRoost): Promise<void> {
  const token = await adminToken(settings, roost);
  if (!settings.ROOST_HELLO || settings.ROOST_WORKERS === 0 || !token) return;
  const client = new Client({
    origin: new URL(roost.url).origin,
    token,
    addressFrom: "this server",
    tokenFrom: "this server",
  });
  try {
    const any = await client.send({
      path: "/api/v1/deployments",
      query: { limit: 1 },
      reply: deploymentPage,
    });
    if (any.items.length > 0) return;
    session.context.stdout.write("Deploying the stack hello/dev (ROOST_HELLO=0 leaves it out).\n");
    const queued = await client.send({
      method: "POST",
      path: "/api/v1/deployments",
      body: {
        project: "hello",
        stack: "dev",
        operation: "update",
        program: { builtin: "hello" },
        message: "first start",
      },
      reply: deployment,
    });
    await follow(client, queued.id, session, { onInterrupt: "detach" });
    await makeDesk(client);
    session.context.stdout.write(
      '\nNext: roost deploy hello/dev --config message="your words"\n      roost session start desk\n',
    );
  } catch (error) {
    session.context.stderr.write(`The stack hello/dev was not deployed: ${messageOf(error)}\n`);
  }
}

/** A template to try sessions with; none of it runs until somebody asks for one. */
async function makeDesk(client: Client): Promise<void> {
  const text = await readFile(new URL("../../stacks/session-shard/server.mjs", import.meta.url), "utf8");
  const body = { name: "desk", workload: { program: { name: "desk.mjs", text }, healthPath: "/" } };
  await client.send({ method: "POST", path: "/api/v1/templates", body, reply: template });
}

async function adminToken(settings: Settings, { services }: RunningRoost): Promise<string | undefined> {
  if (services.firstAdmin.token) return services.firstAdmin.token;
  if (settings.ROOST_ADMIN_TOKEN) return settings.ROOST_ADMIN_TOKEN;
  const kept = await readFile(path.join(settings.ROOST_DATA_DIR, "admin-token"), "utf8").catch(
    () => undefined,
  );
  return kept?.trim();
}
