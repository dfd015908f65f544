// One typed realm as the document that Keycloak imports.

import type { Json } from "../json.ts";
import { ClientKind, type RealmArgs, type RealmClientArgs } from "./args.ts";

type Document = Record<string, Json>;

const DAY = 86_400;

/** The environment variable that holds a client's secret: the realm document names it and never has the secret. */
export function clientSecretVariable(clientId: string): string {
  return `CLIENT_SECRET_${clientId.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}

/** The clients that prove who they are by a secret. */
export function confidentialClients(realm: RealmArgs): string[] {
  return Object.entries(realm.clients)
    .filter(([, { kind }]) => kind !== ClientKind.browser)
    .map(([id]) => id)
    .sort();
}

/**
 * The realm as Keycloak imports it. Sorted by name, so that a reorder changes nothing.
 * Brute force detection, one-time refresh tokens, TLS everywhere and both kinds of events are on.
 */
export function planRealm(realm: RealmArgs): Document {
  const eventSeconds = (realm.eventDays ?? 90) * DAY;
  return {
    realm: realm.name,
    displayName: realm.displayName ?? realm.name,
    enabled: true,
    sslRequired: "all",
    registrationAllowed: realm.selfRegistration ?? false,
    loginWithEmailAllowed: true,
    duplicateEmailsAllowed: false,
    rememberMe: false,
    bruteForceProtected: true,
    failureFactor: 10,
    passwordPolicy: `length(${realm.passwordLength ?? 12}) and notUsername and notEmail and passwordHistory(5)`,
    accessTokenLifespan: (realm.accessTokenMinutes ?? 5) * 60,
    ssoSessionIdleTimeout: (realm.idleMinutes ?? 30) * 60,
    ssoSessionMaxLifespan: (realm.sessionHours ?? 10) * 3600,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
    eventsEnabled: true,
    eventsExpiration: eventSeconds,
    adminEventsEnabled: true,
    // Details would hold what was sent, secrets of clients too.
    adminEventsDetailsEnabled: false,
    attributes: { adminEventsExpiration: String(eventSeconds) },
    roles: { realm: planRoles(realm) },
    groups: byName(realm.groups).map(([name, { roles }]) => ({ name, realmRoles: [...roles].sort() })),
    clients: byName(realm.clients).map(([id, client]) => planClient(id, client)),
    users: byName(realm.clients).flatMap(([id, client]) => serviceAccount(id, client)),
  };
}

function planRoles({ roles }: RealmArgs): Json[] {
  return byName(roles).map(([name, { description, includes = [] }]) => ({
    name,
    description,
    ...(includes.length > 0 && { composite: true, composites: { realm: [...includes].sort() } }),
  }));
}

function planClient(clientId: string, client: RealmClientArgs): Json {
  const { kind, description = "", redirectUris = [], webOrigins = ["+"], audiences = [] } = client;
  const signsUsersIn = kind !== ClientKind.service;
  return {
    clientId,
    description,
    enabled: true,
    protocol: "openid-connect",
    publicClient: kind === ClientKind.browser,
    ...(kind !== ClientKind.browser && {
      clientAuthenticatorType: "client-secret",
      secret: `\${${clientSecretVariable(clientId)}}`,
    }),
    standardFlowEnabled: signsUsersIn,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: client.passwordGrant ?? false,
    serviceAccountsEnabled: kind === ClientKind.service,
    redirectUris: [...redirectUris].sort(),
    webOrigins: signsUsersIn ? [...webOrigins].sort() : [],
    attributes: signsUsersIn
      ? { "pkce.code.challenge.method": "S256", "post.logout.redirect.uris": "+" }
      : { "use.refresh.tokens": "false" },
    protocolMappers: [...audiences].sort().map(audienceMapper),
  };
}

function audienceMapper(audience: string): Json {
  return {
    name: `audience ${audience}`,
    protocol: "openid-connect",
    protocolMapper: "oidc-audience-mapper",
    config: {
      "included.custom.audience": audience,
      "access.token.claim": "true",
      "introspection.token.claim": "true",
      "id.token.claim": "false",
    },
  };
}

/** The user that a service acts as. Keycloak knows it by this name. */
function serviceAccount(clientId: string, { kind, roles = [] }: RealmClientArgs): Json[] {
  if (kind !== ClientKind.service || roles.length === 0) return [];
  return [
    {
      username: `service-account-${clientId}`.toLowerCase(),
      enabled: true,
      serviceAccountClientId: clientId,
      realmRoles: [...roles].sort(),
    },
  ];
}

function byName<T>(record: Record<string, T> | undefined): [string, T][] {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
