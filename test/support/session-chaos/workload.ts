import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "../client.ts";

/** What all tasks of the stand-in are: it answers, and when it is told of a claim it asks whom it works for. */
export async function startWorkload(client: Client): Promise<{ port: number; close(): Promise<void> }> {
  const server = http.createServer(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    reply.end("here");
    if (request.method !== "POST") return;
    const { session, token } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    // It is told again when this is not heard.
    await client.call("POST", `/api/v1/sessions/${session}/identity`, { token }).catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers on its port, and nothing else. */
const program = {
  name: "server.mjs",
  text: 'import http from "node:http";\nhttp.createServer((_, reply) => reply.end("here")).listen(Number(process.env.PORT), process.env.HOST);\n',
};
const shared = { pool: { floor: 2, ceiling: 3 }, quotas: { perUser: 1_000 } };

/** Bodies of the templates: one on each target. */
export function templates(port: number, cluster: string) {
  const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"] };
  const runTask = {
    cluster,
    taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/chaos:1",
    capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
    networkConfiguration: { awsvpcConfiguration: network },
  };
  return [
    { name: "on-process", workload: { program }, ...shared },
    {
      name: "on-ecs",
      target: "ecs",
      workload: { port, introducePath: "/introduce", ecs: { containerName: "main", runTask } },
      ...shared,
      // Claims wait for each other, which is a path of its own.
      quotas: { perUser: 1_000, inAll: 1_000 },
    },
  ];
}
