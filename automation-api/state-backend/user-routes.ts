import { z } from "zod";
import { notFound } from "../errors.ts";
import { type Route, route } from "../http/route.ts";
import type { StateBackend } from "./service.ts";
import { name } from "./wire-schemas.ts";

const common = { tag: "Pulumi protocol", protocol: "pulumi" } as const;

/** What the server can do; whoever asks need not be logged in. Delta uploads stay out: they lose pending operations. */
const capabilities = [
  { capability: "batch-encrypt", version: 1 },
  { capability: "deployment-schema-version", version: 1, configuration: { version: 4 } },
];

/** Login, organization, list of stacks, and what the command asks of any server. */
export function userRoutes(backend: StateBackend): Route[] {
  return [
    route({
      ...common,
      method: "get",
      path: "/api/capabilities",
      summary: "What this server supports of the Pulumi protocol",
      access: "public",
      replies: { 200: { description: "Capabilities by name" } },
      handler: async () => ({ status: 200, body: { capabilities } }),
    }),
    route({
      ...common,
      method: "get",
      path: "/api/cli/version",
      summary: "Newest version of the pulumi command: the caller's own, so that it never asks for an upgrade",
      access: "public",
      replies: { 200: { description: "Versions" } },
      handler: async ({ headers }) => {
        const version = /\(v?(\d+\.\d+\.\d+)/.exec(headers["user-agent"] ?? "")?.[1] ?? "3.0.0";
        return { status: 200, body: { latestVersion: version, oldestWithoutWarning: version } };
      },
    }),
    route({
      ...common,
      method: "get",
      path: "/api/user",
      summary: "Who is logged in",
      access: "authenticated",
      replies: { 200: { description: "Account and organization" } },
      handler: async ({ principal }) => ({
        status: 200,
        body: {
          id: principal.accountId,
          githubLogin: principal.name,
          name: principal.name,
          email: "",
          avatarUrl: "",
          organizations: [
            { githubLogin: principal.organizationName, name: principal.organizationName, avatarUrl: "" },
          ],
        },
      }),
    }),
    route({
      ...common,
      method: "get",
      path: "/api/user/organizations/default",
      summary: "The organization of stack names that name none",
      access: "authenticated",
      replies: { 200: { description: "Name" } },
      handler: async ({ principal }) => ({
        status: 200,
        body: { GitHubLogin: principal.organizationName, Messages: [] },
      }),
    }),
    route({
      ...common,
      method: "get",
      path: "/api/user/stacks",
      summary: "Stacks that the caller may see, by name",
      access: "stack:read",
      query: z.looseObject({
        organization: name.optional(),
        project: name.optional(),
        tagName: z.string().max(40).optional(),
        tagValue: z.string().max(256).optional(),
        continuationToken: z
          .string()
          .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/)
          .optional(),
      }),
      replies: { 200: { description: "One page" } },
      handler: async ({ principal, query }) => {
        const { organization, project, tagName, tagValue, continuationToken } = query;
        if (organization !== undefined && organization !== principal.organizationName) {
          return { status: 200, body: { stacks: [] } };
        }
        const page = await backend.listStacks(principal, { project, tagName, tagValue, continuationToken });
        const stacks = page.stacks.map((stack) => ({
          orgName: principal.organizationName,
          projectName: stack.project,
          stackName: stack.name,
          ...(stack.lastUpdate ? { lastUpdate: seconds(stack.lastUpdate) } : {}),
          ...(stack.resourceCount === null ? {} : { resourceCount: stack.resourceCount }),
        }));
        return { status: 200, body: { stacks, continuationToken: page.continuationToken } };
      },
    }),
    emptyList("/api/orgs/:organization/policypacks", "policyPacks"),
    emptyList("/api/orgs/:organization/policygroups", "policyGroups"),
  ];
}

/** Policy packs are part of programs here and not kept by the server. */
function emptyList(path: string, field: string): Route {
  return route({
    ...common,
    method: "get",
    path,
    summary: "Always empty: policies run with the program that names them",
    access: "authenticated",
    params: z.object({ organization: name }),
    replies: { 200: { description: "An empty list" } },
    handler: async ({ principal, params }) => {
      if (params.organization !== principal.organizationName) {
        throw notFound("Organization", params.organization);
      }
      return { status: 200, body: { [field]: [] } };
    },
  });
}

export function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
