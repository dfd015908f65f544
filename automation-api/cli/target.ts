import { deploymentPage, deploymentParams } from "../deployments/contract.ts";
import { RoostError } from "../errors.ts";
import { stackParams } from "../projects/contract.ts";
import type { Client } from "./client.ts";

export interface StackTarget {
  project: string;
  stack: string;
}

/** @throws invalid when it is not project/stack. */
export function parseTarget(text: string): StackTarget {
  const [project, stack, more] = text.split("/");
  const parsed = stackParams.safeParse({ project, stack });
  if (!parsed.success || more !== undefined) {
    throw new RoostError("invalid", `${JSON.stringify(text)}: expected project/stack, such as hello/dev.`);
  }
  return parsed.data;
}

export function stackPath({ project, stack }: StackTarget): string {
  return `/api/v1/stacks/${encodeURIComponent(project)}/${encodeURIComponent(stack)}`;
}

/** The id itself, or the newest deployment of project/stack; with `states` the newest in the first of them that has one. */
export async function findDeploymentId(
  client: Client,
  text: string,
  states?: ("running" | "queued")[],
): Promise<string> {
  if (text.startsWith("dep_")) {
    const parsed = deploymentParams.safeParse({ id: text });
    if (!parsed.success) throw new RoostError("invalid", `${text}: expected dep_… or project/stack.`);
    return parsed.data.id;
  }
  const target = parseTarget(text);
  for (const state of states ?? [undefined]) {
    const query = { ...target, state, limit: 1 };
    const found = await client.send({ path: "/api/v1/deployments", query, reply: deploymentPage });
    const [newest] = found.items;
    if (newest) return newest.id;
  }
  throw new RoostError("not_found", `${text} has no ${states ? `${states.join(" or ")} ` : ""}deployment.`);
}
