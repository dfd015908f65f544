import { cookieName, readCookies, setCookie, signInCookie } from "../http/cookies.ts";
import { type Route, type RouteReply, type RouteRequest, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import { attemptSeconds, type SignIns } from "./service.ts";

/** Name of the cookie of who is on the way. */
const wayCookie = "sign_in_way";

/** @param publicUrl address under which users reach the server; default: the one that a request came by. */
export function signInRoutes(signIns: SignIns, publicUrl: string | undefined): Route[] {
  const originFor = (request: Pick<RouteRequest, "origin">) =>
    publicUrl === undefined ? request.origin : new URL(publicUrl).origin;
  const cookieOf = ({ headers, origin }: Pick<RouteRequest, "headers" | "origin">, name: string) =>
    readCookies(headers.cookie, cookieName(origin, name))[0];
  return [
    route({
      method: "get",
      path: "/api/v1/sign-in",
      summary: "Sign in with a browser: leads to the issuer and back",
      tag: "Access",
      access: "public",
      isLimited: true,
      query: contract.beginQuery,
      replies: { 302: { description: "To the issuer." } },
      handler: async (request): Promise<RouteReply> => {
        const origin = originFor(request);
        // The way back leads there, and cookies are of one host.
        if (origin !== request.origin) {
          const search = new URLSearchParams({ return: request.query.return });
          return { status: 302, headers: { location: `${origin}/api/v1/sign-in?${search}` } };
        }
        const given = cookieOf(request, wayCookie);
        const browser = given && /^[\w-]{43}$/.test(given) ? given : undefined;
        const begun = await signIns.begin({ origin, returnTo: request.query.return, browser });
        const kept = setCookie(origin, wayCookie, begun.browser, attemptSeconds);
        return { status: 302, headers: { location: begun.url, "set-cookie": kept } };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/sign-in/callback",
      summary: "The way back from the issuer",
      tag: "Access",
      access: "public",
      query: contract.callbackQuery,
      replies: { 303: { description: "Signed in; to where the sign-in was begun." } },
      handler: async (request) => {
        const origin = originFor(request);
        const { search } = new URL(request.raw.request.url ?? "", origin);
        const browser = cookieOf(request, wayCookie);
        const back = { origin, search, state: request.query.state, browser };
        const { value, seconds, returnTo } = await signIns.finish(back, request.requestId);
        const kept = setCookie(origin, signInCookie, value, seconds);
        return { status: 303, headers: { location: returnTo, "set-cookie": kept } };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/sign-in/status",
      summary: "Where people sign in, and who is signed in with this browser",
      tag: "Access",
      access: "public",
      replies: { 200: { description: "Who, if anybody.", schema: contract.status } },
      handler: async (request) => ({
        status: 200,
        body: await signIns.status(cookieOf(request, signInCookie)),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/sign-out",
      summary: "End the sign-in of this browser",
      tag: "Access",
      access: "authenticated",
      idempotent: false,
      replies: { 200: { description: "Signed out here.", schema: contract.signedOut } },
      handler: async (request) => {
        const origin = originFor(request);
        const body = await signIns.end(request.principal, origin, request.requestId);
        return { status: 200, body, headers: { "set-cookie": setCookie(origin, signInCookie, "", 0) } };
      },
    }),
  ];
}
