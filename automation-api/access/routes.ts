import type { Db } from "../db/transaction.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import * as service from "./service.ts";

/** Who the caller is, tokens, tickets, accounts and their roles. */
export function accessRoutes({ db }: { db: Db }): Route[] {
  return [...ownRoutes(db), ...tokenRoutes(db), ...accountRoutes(db)];
}

const nothing = { description: "Done." };

function ownRoutes(db: Db): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/me",
      summary: "Who you are and what your token may do",
      tag: "Access",
      access: "authenticated",
      replies: { 200: { description: "You.", schema: contract.me } },
      handler: async ({ principal }) => ({ status: 200, body: await service.describe(db, principal) }),
    }),
    route({
      method: "post",
      path: "/api/v1/tickets",
      summary: "Get a ticket that logs one event stream or WebSocket in, once, within 30 s",
      tag: "Access",
      access: "authenticated",
      idempotent: false,
      replies: { 201: { description: "The ticket.", schema: contract.ticket } },
      handler: async ({ principal }) => ({ status: 201, body: await service.createTicket(db, principal) }),
    }),
  ];
}

function tokenRoutes(db: Db): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/tokens",
      summary: "List tokens, newest first",
      tag: "Access",
      access: "authenticated",
      query: contract.tokenQuery,
      replies: { 200: { description: "A page of tokens.", schema: contract.tokenPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await service.listTokens(db, principal, query),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/tokens",
      summary: "Create a token",
      tag: "Access",
      access: "authenticated",
      body: contract.newToken,
      // The reply holds a secret, which must not be kept for a repetition.
      idempotent: false,
      replies: { 201: { description: "The token, shown this once.", schema: contract.createdToken } },
      handler: async ({ principal, body, requestId }) => {
        const created = await service.createToken(db, principal, body, requestId);
        return { status: 201, body: created };
      },
    }),
    route({
      method: "delete",
      path: "/api/v1/tokens/:id",
      summary: "Revoke a token",
      tag: "Access",
      access: "authenticated",
      params: contract.tokenParams,
      replies: { 204: nothing },
      handler: async ({ principal, params, requestId }) => {
        await service.revokeToken(db, principal, params.id, requestId);
        return { status: 204 };
      },
    }),
  ];
}

function accountRoutes(db: Db): Route[] {
  const one = { 200: { description: "The account.", schema: contract.account } };
  const setDisabled = (verb: "disable" | "enable") =>
    route({
      method: "post",
      path: `/api/v1/accounts/:id/${verb}`,
      summary: verb === "disable" ? "Stop an account's tokens from working" : "Let them work again",
      tag: "Access",
      access: "account:manage",
      params: contract.accountParams,
      replies: one,
      handler: async ({ principal, params, requestId }) => ({
        status: 200,
        body: await service.setAccountDisabled(db, principal, params.id, verb === "disable", requestId),
      }),
    });
  return [
    route({
      method: "get",
      path: "/api/v1/accounts",
      summary: "List accounts and their roles",
      tag: "Access",
      access: "account:manage",
      query: contract.accountQuery,
      replies: { 200: { description: "A page of accounts.", schema: contract.accountPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await service.listAccounts(db, principal, query),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/accounts",
      summary: "Create an account for a person or a service",
      tag: "Access",
      access: "account:manage",
      body: contract.newAccount,
      replies: { 201: { description: "The account.", schema: contract.account } },
      handler: async ({ principal, body, requestId }) => {
        const created = await service.createAccount(db, principal, body, requestId);
        return { status: 201, body: created, headers: { location: `/api/v1/accounts/${created.id}` } };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/accounts/:id",
      summary: "One account",
      tag: "Access",
      access: "account:manage",
      params: contract.accountParams,
      replies: one,
      handler: async ({ principal, params }) => {
        const { account, etag } = await service.findAccount(db, principal, params.id);
        return { status: 200, body: account, headers: { etag } };
      },
    }),
    route({
      method: "put",
      path: "/api/v1/accounts/:id/roles",
      summary: "Replace the roles of an account; with If-Match only if they are still those that were read",
      tag: "Access",
      access: "account:manage",
      params: contract.accountParams,
      body: contract.roleChange,
      replies: one,
      handler: async ({ principal, params, body, requestId, headers }) => {
        const ifMatch = headers["if-match"];
        const account = await service.replaceRoles(db, principal, params.id, body.roles, requestId, ifMatch);
        return { status: 200, body: account };
      },
    }),
    setDisabled("disable"),
    setDisabled("enable"),
  ];
}
