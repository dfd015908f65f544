import { type Route, route } from "../http/route.ts";
import {
  credential,
  credentialPage,
  credentialParams,
  credentialQuery,
  newCredential,
  newSecret,
} from "./contract.ts";
import type { Credentials } from "./service.ts";

const tag = "Credentials";

export function credentialRoutes(credentials: Credentials): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/credentials",
      summary: "Store a password for a git host, or a key for hosts",
      tag,
      access: "credential:write",
      body: newCredential,
      replies: { 201: { description: "Stored; what is secret is never shown again.", schema: credential } },
      async handler({ principal, body, requestId }) {
        const created = await credentials.create(principal, body, requestId);
        return { status: 201, body: created, headers: { Location: `/api/v1/credentials/${created.id}` } };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/credentials",
      summary: "List credentials, without what is secret",
      tag,
      access: "credential:write",
      query: credentialQuery,
      replies: { 200: { description: "A page of credentials.", schema: credentialPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await credentials.list(principal, query),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/credentials/:id/rotate",
      summary: "Replace the password or key of a credential; who names it uses the new one from now on",
      tag,
      access: "credential:write",
      params: credentialParams,
      body: newSecret,
      replies: { 200: { description: "Replaced.", schema: credential } },
      handler: async ({ principal, params, body, requestId }) => ({
        status: 200,
        body: await credentials.rotate(principal, params.id, body.secret, requestId),
      }),
    }),
    route({
      method: "delete",
      path: "/api/v1/credentials/:id",
      summary: "Delete a credential",
      tag,
      access: "credential:write",
      params: credentialParams,
      replies: {
        204: {
          description:
            "Deleted. A queued deployment that names it will fail; one that a host names is refused (409).",
        },
      },
      async handler({ principal, params, requestId }) {
        await credentials.remove(principal, params.id, requestId);
        return { status: 204 };
      },
    }),
  ];
}
