import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import { etagOf, type Templates } from "./service.ts";

const tag = "Templates";

export function templateRoutes(templates: Templates): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/templates",
      summary: "Make a template that sessions are started from",
      tag,
      access: "template:write",
      body: contract.newTemplate,
      replies: { 201: { description: "Made; its pool begins to fill.", schema: contract.template } },
      async handler({ principal, body, requestId }) {
        const made = await templates.create(principal, body, requestId);
        return {
          status: 201,
          body: made,
          headers: { Location: `/api/v1/templates/${made.id}`, etag: etagOf(made) },
        };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/templates",
      summary: "List templates by name",
      tag,
      access: "template:read",
      query: contract.templateQuery,
      replies: { 200: { description: "A page of templates.", schema: contract.templatePage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await templates.list(principal, query),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/templates/:id",
      summary: "Show a template and how many sessions there are of it",
      tag,
      access: "template:read",
      params: contract.templateParams,
      replies: { 200: { description: "The template, with its version as ETag.", schema: contract.template } },
      async handler({ principal, params }) {
        const found = await templates.find(principal, params.id);
        return { status: 200, body: found, headers: { etag: etagOf(found) } };
      },
    }),
    route({
      method: "patch",
      path: "/api/v1/templates/:id",
      summary: "Change a template; users keep the sessions that they have",
      tag,
      access: "template:write",
      params: contract.templateParams,
      body: contract.templatePatch,
      replies: { 200: { description: "As it is now.", schema: contract.template } },
      async handler({ principal, params, body, headers, requestId }) {
        const ifMatch = headers["if-match"];
        const changed = await templates.change(principal, params.id, body, { ifMatch, requestId });
        return { status: 200, body: changed, headers: { etag: etagOf(changed) } };
      },
    }),
    route({
      method: "delete",
      path: "/api/v1/templates/:id",
      summary: "Delete a template that no user has a session of, with its pool",
      tag,
      access: "template:write",
      params: contract.templateParams,
      replies: { 204: { description: "Deleted; its pool is being stopped." } },
      async handler({ principal, params, requestId }) {
        await templates.remove(principal, params.id, requestId);
        return { status: 204 };
      },
    }),
  ];
}
