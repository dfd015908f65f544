import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";
import { permissionNames, roleNames } from "./permissions.ts";

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}$/, "expected 1 to 100 letters, digits or _ . @ -")
  .describe("Name, unique in the organization.");
const projectName = z.string().min(1).max(100);

/** A role, for one project or (`project` null) for the whole organization. */
export const roleGrant = z.strictObject({
  role: z.enum(roleNames),
  project: projectName.nullable().default(null),
});
export type RoleGrant = z.output<typeof roleGrant>;

export const account = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["person", "service"]),
  roles: z.array(z.object({ role: z.enum(roleNames), project: z.string().nullable() })),
  identity: z
    .object({ issuer: z.string(), subject: z.string() })
    .nullable()
    .describe("Whom an issuer of OpenID Connect calls so; null for an account that was made here."),
  createdAt: z.string(),
  disabledAt: z.string().nullable(),
});
export type Account = z.output<typeof account>;

export const accountPage = pageReply(account);
export const accountParams = z.object({ id: z.string().regex(/^acc_[0-9a-z]{26}$/, "expected acc_…") });
export const accountQuery = pageQuery;

export const newAccount = z.strictObject({
  name,
  kind: z.enum(["person", "service"]),
  roles: z.array(roleGrant).max(100).default([]),
});

/** Roles are replaced as a whole, so that the same request twice changes nothing more. */
export const roleChange = z.strictObject({ roles: z.array(roleGrant).max(100) });

export const token = z.object({
  id: z.string(),
  name: z.string(),
  kind: z
    .enum(["api", "bearer", "browser"])
    .describe("Made here, an access token of the issuer that was used here, or a browser that is signed in."),
  prefix: z.string().describe("First characters of the token, to tell which one it is."),
  account: z.object({ id: z.string(), name: z.string() }),
  scopes: z.array(z.enum(permissionNames)).nullable().describe("null: everything that the account may do."),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable().describe("Exact to a minute."),
  revokedAt: z.string().nullable(),
});
export type Token = z.output<typeof token>;

export const tokenPage = pageReply(token);
export const tokenParams = z.object({ id: z.string().regex(/^tok_[0-9a-z]{26}$/, "expected tok_…") });
export const tokenQuery = pageQuery.extend({
  account: accountParams.shape.id.optional().describe("Tokens of this account instead of your own."),
});

export const newToken = z.strictObject({
  name: z.string().min(1).max(100).describe("What the token is for."),
  scopes: z.array(z.enum(permissionNames)).min(1).max(permissionNames.length).nullable().default(null),
  expiresInDays: z.number().positive().max(3650).nullable().default(90).describe("null: never expires."),
  account: accountParams.shape.id.optional().describe("Whose token; default your own account."),
});

export const createdToken = token.extend({
  token: z.string().describe("The token itself; shown this once, only its hash is kept."),
});

export const ticket = z.object({
  ticket: z.string().describe("Give it as ?ticket= of an event stream or WebSocket, once."),
  expiresInSeconds: z.number(),
});

export const me = z.object({
  account: z.object({ id: z.string(), name: z.string() }),
  organization: z.object({ id: z.string(), name: z.string() }),
  roles: z.array(z.object({ role: z.enum(roleNames), project: z.string().nullable() })),
  permissions: z.array(z.enum(permissionNames)).describe("What this token may do in the whole organization."),
  token: token.omit({ account: true }).nullable(),
  deployment: z.string().nullable().describe("Set for the engine of a deployment."),
});
