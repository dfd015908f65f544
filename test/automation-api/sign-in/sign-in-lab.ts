import { randomBytes } from "node:crypto";
import { accessRoutes } from "../../../automation-api/access/routes.ts";
import { readSettings } from "../../../automation-api/config.ts";
import { Issuer } from "../../../automation-api/sign-in/issuer.ts";
import { signInRoutes } from "../../../automation-api/sign-in/routes.ts";
import { SignIns } from "../../../automation-api/sign-in/service.ts";
import { createStackCipher } from "../../../automation-api/state-backend/service.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../http/test-server.ts";
import { clientId, clientSecret, type IssuerLab, startIssuerLab } from "./issuer-lab.ts";

/** The real application beside a real issuer. */
export interface SignInLab {
  server: TestServer;
  issuer: IssuerLab;
  signIns: SignIns;
  close(): Promise<void>;
}

export async function startSignInLab(
  environment: Record<string, string> = {},
  options: Pick<TestServerOptions, "settings" | "limits"> & { keyCooldownMs?: number } = {},
): Promise<SignInLab> {
  const issuer = await startIssuerLab();
  const settings = readSettings("/nowhere", {
    ROOST_OIDC_ISSUER: issuer.url,
    ROOST_OIDC_CLIENT_ID: clientId,
    ROOST_OIDC_CLIENT_SECRET: clientSecret,
    ...environment,
  });
  const adapter = new Issuer({
    issuer: issuer.url,
    clientId,
    clientSecret,
    keyCooldownMs: options.keyCooldownMs ?? 0,
  });
  let signIns: SignIns | undefined;
  const server = await startTestServer({
    ...options,
    signIns({ db, organization }) {
      const cipher = createStackCipher([randomBytes(32)]);
      signIns = new SignIns({ db, cipher, organization, settings, issuer: adapter });
      return signIns;
    },
    routes: ({ database }) => [
      ...accessRoutes(database),
      ...signInRoutes(signIns as SignIns, options.settings?.ROOST_PUBLIC_URL),
    ],
  });
  await issuer.allow(`${server.url}/api/v1/sign-in/callback`);
  return {
    server,
    issuer,
    signIns: signIns as unknown as SignIns,
    async close() {
      await server.close();
      await issuer.close();
    },
  };
}
