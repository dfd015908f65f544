// How people sign in at Roost by the Keycloak beside it.

import { ClientKind, type RealmArgs } from "../../components/keycloak/args.ts";
import type { PlatformConfig } from "./config.ts";

const REALM = "roost";
/** Roost's name at Keycloak, and what access tokens for it are made for. */
const CLIENT = "roost";

/**
 * The realm of Roost's users: by its realm roles they are viewer, operator or admin of Roost.
 * @returns without those and without Roost's own client, where no secret is given to sign anybody in with.
 */
export function planPlatformRealm({
  domain,
  signInSecretArn,
}: Pick<PlatformConfig, "domain" | "signInSecretArn">): RealmArgs {
  const address = `https://${domain}`;
  const console = { kind: ClientKind.browser, redirectUris: [`${address}/*`], audiences: [CLIENT] };
  const named = { name: REALM, displayName: "Roost" };
  if (signInSecretArn === undefined) return { ...named, clients: { console } };
  return {
    ...named,
    roles: {
      "roost-viewer": { description: "Sees projects, stacks, hosts and templates of Roost" },
      "roost-operator": { description: "Deploys and runs sessions with Roost", includes: ["roost-viewer"] },
      "roost-admin": { description: "May do everything in Roost", includes: ["roost-operator"] },
    },
    clients: {
      console,
      [CLIENT]: {
        kind: ClientKind.server,
        description: "Roost itself, for people with a browser",
        // Back from a sign-in, and from a sign-out.
        redirectUris: [`${address}/api/v1/sign-in/callback`, `${address}/`],
        audiences: [CLIENT],
      },
    },
  };
}

/** What the API is told of its Keycloak; undefined: nothing, and it takes tokens of its own only. */
export function planSignIn({
  identityDomain,
  signInSecretArn: arn,
}: Pick<PlatformConfig, "identityDomain" | "signInSecretArn">) {
  if (arn === undefined) return undefined;
  return {
    environment: {
      ROOST_OIDC_ISSUER: `https://${identityDomain}/realms/${REALM}`,
      ROOST_OIDC_CLIENT_ID: CLIENT,
      ROOST_OIDC_AUDIENCE: CLIENT,
      ROOST_OIDC_ROLE_CLAIM: "realm_access.roles",
    },
    secrets: { ROOST_OIDC_CLIENT_SECRET: { arn } },
    clientSecretArns: { [CLIENT]: arn },
  };
}
