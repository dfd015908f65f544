import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Environments } from "./service.ts";

const tag = "Environments";
const path = "/api/v1/environments/:environment";

export function environmentRoutes(environments: Environments): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/environments",
      summary: "List environments: named groups of stacks with one set of protections",
      tag,
      access: "stack:read",
      query: contract.environmentQuery,
      replies: { 200: { description: "A page of environments.", schema: contract.environmentPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await environments.list(principal, query),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/environments",
      summary: "Make an environment",
      tag,
      access: "policy:write",
      body: contract.newEnvironment,
      replies: { 201: { description: "Made; nothing is forced yet.", schema: contract.environment } },
      async handler({ principal, body, requestId }) {
        const made = await environments.add(principal, body, requestId);
        return { status: 201, body: made, headers: { Location: `/api/v1/environments/${made.name}` } };
      },
    }),
    route({
      method: "get",
      path,
      summary: "Get an environment",
      tag,
      access: "stack:read",
      params: contract.environmentParams,
      replies: { 200: { description: "Its stacks and protections.", schema: contract.environment } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await environments.get(principal, params.environment),
      }),
    }),
    route({
      method: "put",
      path,
      summary: "Give an environment other stacks",
      tag,
      access: "policy:write",
      params: contract.environmentParams,
      body: contract.environmentStacks,
      replies: { 200: { description: "As it is now.", schema: contract.environment } },
      handler: async ({ principal, params, body, requestId }) => ({
        status: 200,
        body: await environments.setStacks(principal, params.environment, body, requestId),
      }),
    }),
    route({
      method: "delete",
      path,
      summary: "Delete an environment with its protections; its stacks stay",
      tag,
      access: "policy:write",
      params: contract.environmentParams,
      replies: { 204: { description: "Deleted." } },
      async handler({ principal, params, requestId }) {
        await environments.delete(principal, params.environment, requestId);
        return { status: 204 };
      },
    }),
    ...policyRoutes(environments),
  ];
}

function policyRoutes(environments: Environments): Route[] {
  return [
    route({
      method: "get",
      path: `${path}/policies`,
      summary: "Get the policies that are forced on an environment",
      tag,
      access: "stack:read",
      params: contract.environmentParams,
      replies: { 200: { description: "What is forced.", schema: contract.environmentPoliciesReply } },
      async handler({ principal, params }) {
        const { policies } = await environments.get(principal, params.environment);
        return { status: 200, body: { policies } };
      },
    }),
    route({
      method: "put",
      path: `${path}/policies`,
      summary:
        "Force policies on every update of the stacks of an environment, beside those of their projects",
      tag,
      access: "policy:write",
      params: contract.environmentParams,
      body: contract.environmentPolicies,
      replies: { 200: { description: "What is forced now.", schema: contract.environmentPoliciesReply } },
      async handler({ principal, params, body, requestId }) {
        await environments.setPolicies(principal, params.environment, body, requestId);
        return { status: 200, body: { policies: body } };
      },
    }),
    route({
      method: "delete",
      path: `${path}/policies`,
      summary: "Force no policies on an environment any more",
      tag,
      access: "policy:write",
      params: contract.environmentParams,
      replies: { 204: { description: "None are forced." } },
      async handler({ principal, params, requestId }) {
        await environments.setPolicies(principal, params.environment, null, requestId);
        return { status: 204 };
      },
    }),
  ];
}
