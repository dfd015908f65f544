import { randomBytes } from "node:crypto";
import { expect } from "@jest/globals";
import { sql } from "kysely";
import { accessRoutes } from "../../../../automation-api/access/routes.ts";
import { readSettings } from "../../../../automation-api/config.ts";
import { Issuer } from "../../../../automation-api/sign-in/issuer.ts";
import { signInRoutes } from "../../../../automation-api/sign-in/routes.ts";
import { SignIns } from "../../../../automation-api/sign-in/service.ts";
import { createStackCipher } from "../../../../automation-api/state-backend/service.ts";
import { startTestServer } from "../../../automation-api/http/test-server.ts";
import type { RealKeycloak } from "./keycloak.ts";

const publicUrl = "https://roost.example.com";
/** As the load balancer in front says it. */
const front = { "x-forwarded-proto": "https", "x-forwarded-host": "roost.example.com" };

/** Roost's API behind a load balancer of that name, with that Keycloak in front. */
export async function startRoost(
  environment: Record<string, string>,
  clientSecret: string,
  keycloak: RealKeycloak,
) {
  const settings = readSettings("/nowhere", { ...environment, ROOST_OIDC_CLIENT_SECRET: clientSecret });
  const issuer = new Issuer({
    issuer: settings.ROOST_OIDC_ISSUER as string,
    clientId: settings.ROOST_OIDC_CLIENT_ID as string,
    clientSecret,
    fetch: ((address: string, init?: RequestInit) =>
      keycloak.fetch(String(address), plain(init))) as typeof fetch,
  });
  let signIns: SignIns | undefined;
  const server = await startTestServer({
    settings: { ROOST_BEHIND_PROXY: true, ROOST_PUBLIC_URL: publicUrl },
    signIns({ db, organization }) {
      signIns = new SignIns({
        db,
        cipher: createStackCipher([randomBytes(32)]),
        organization,
        settings,
        issuer,
      });
      return signIns;
    },
    routes: ({ database }) => [...accessRoutes(database), ...signInRoutes(signIns as SignIns, publicUrl)],
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    server.call("GET", path, { token: null, headers: { ...front, ...headers } });
  const cookieOf = (headers: Headers) => headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return {
    /** @param atIssuer signs in at that address and says where the browser is sent then. */
    async signIn(atIssuer: (address: string) => Promise<URL>) {
      const begun = await get("/api/v1/sign-in?return=%2Fdocs");
      const back = await atIssuer(begun.headers.get("location") as string);
      const done = await get(back.pathname + back.search, { cookie: cookieOf(begun.headers) });
      if (done.status !== 303) throw done.body;
      const cookie = cookieOf(done.headers);
      return { me: () => get("/api/v1/me", { cookie }) };
    },
    meWith: (token: string) => server.call("GET", "/api/v1/me", { token }),
    /** Asks the issuer about a sign-in, as if the last time was long ago; fails unless there is one. */
    async recheck() {
      await sql`UPDATE sign_in SET checking_at = NULL, checked_at = now() - interval '1 hour'`.execute(
        server.database.db,
      );
      expect(await signIns?.recheckOne()).toBe(true);
    },
    close: () => server.close(),
  };
}

/** Headers as a plain object: what passes requests on adds its own. */
function plain(init: RequestInit = {}): RequestInit {
  return { ...init, headers: Object.fromEntries(new Headers(init.headers)) };
}
