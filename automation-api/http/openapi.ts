import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { type ErrorCode, errorStatus } from "../errors.ts";
import type { Route } from "./route.ts";
import { strictly } from "./validation.ts";

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
    requestId: z.string(),
    faults: z.array(
      z.object({
        field: z.string(),
        message: z.string(),
        given: z.string().optional(),
        allowed: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "Problem", description: "RFC 9457: what is wrong with the request, field by field." });

const idempotencyKey = z.object({
  "idempotency-key": z
    .string()
    .max(200)
    .optional()
    .describe("The same key with the same request gets the first reply again, within a day."),
});

/** The OpenAPI 3.1 document of the product's routes; the pulumi command's protocol is not part of it. */
export function createOpenApi(routes: Route[], version: string) {
  const paths: ZodOpenApiPathsObject = {};
  const shown = routes.filter((route) => route.protocol !== "pulumi");
  for (const route of shown) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Roost",
      version,
      description:
        "Every deploy is an update of a Pulumi stack. Errors are application/problem+json; " +
        "lists are cursor pages; times are RFC 3339 in UTC.",
    },
    security: [{ token: [] }],
    tags: [...new Set(shown.map((route) => route.tag))].map((name) => ({ name })),
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token of POST /api/v1/tokens, or of the issuer.",
        },
      },
    },
    paths,
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const changing = route.method !== "get" && route.method !== "head";
  const keyed = changing && route.idempotent !== false && route.bodyKind !== "binary";
  return {
    operationId: operationId(route),
    summary: route.summary,
    description: accessText(route),
    tags: [route.tag],
    ...(route.access === "public" ? { security: [] } : {}),
    requestParams: {
      ...(route.params ? { path: route.params } : {}),
      ...(route.query ? { query: strictly(route.query) as z.ZodObject } : {}),
      ...(keyed ? { header: idempotencyKey } : {}),
    },
    ...(route.body || route.bodyKind === "binary" ? { requestBody: requestBody(route) } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.replies).map(([status, reply]) => [status, response(reply)]),
      ),
      default: {
        description: "A problem.",
        content: { "application/problem+json": { schema: problem } },
      },
    },
  };
}

function requestBody(route: Route): ZodOpenApiOperationObject["requestBody"] {
  if (route.bodyKind === "binary") return { content: { "application/octet-stream": {} }, required: true };
  const body = route.body as z.ZodType;
  const required = !body.safeParse(undefined).success;
  return { content: { "application/json": { schema: strictly(body) } }, required };
}

function response({ description, schema, contentType, otherTypes = [] }: Route["replies"][number]) {
  const others = Object.fromEntries(otherTypes.map((type) => [type, { schema: z.string() }]));
  if (schema) return { description, content: { [contentType ?? "application/json"]: { schema }, ...others } };
  return contentType ? { description, content: { [contentType]: {} } } : { description };
}

function accessText({ access }: Route): string {
  if (access === "public") return "Needs no token.";
  return access === "authenticated" ? "Needs a token." : `Needs the permission \`${access}\`.`;
}

/** `get /api/v1/deployments/:id/events` → `getDeploymentsIdEvents`. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/api\/v1/, "")
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
