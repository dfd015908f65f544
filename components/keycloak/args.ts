import type { Input } from "@pulumi/pulumi";

/** How an application signs its users in, or itself. */
export const ClientKind = {
  /** Runs in a browser or on a phone: keeps no secret, code flow with PKCE. */
  browser: "browser",
  /** Runs on a server: code flow with PKCE and a secret. */
  server: "server",
  /** Has no users: client credentials. */
  service: "service",
} as const;
export type ClientKind = (typeof ClientKind)[keyof typeof ClientKind];

/** An application that trusts the realm. */
export interface RealmClientArgs {
  kind: ClientKind;
  /** Shown to users who are asked for consent, and to administrators. */
  description?: string;
  /**
   * Where users come back to after they signed in: absolute https addresses, http for localhost. A `*` may end
   * the path. Required for kinds browser and server.
   */
  redirectUris?: string[];
  /** Origins that may call from a browser. Default: those of `redirectUris`. */
  webOrigins?: string[];
  /**
   * Put into the `aud` of access tokens: the API that they are for. Without it a service's token names only
   * `account`, and an API that checks the audience refuses it.
   */
  audiences?: string[];
  /** Realm roles of the client itself. Kind service only. */
  roles?: string[];
  /** Lets the application ask users for their passwords itself; OAuth 2.1 has dropped that. Default false. */
  passwordGrant?: boolean;
}

/** A role that users and services have in a realm. */
export interface RealmRoleArgs {
  /** What its holders may do, for administrators. */
  description: string;
  /** Roles that it brings with it. Default none. */
  includes?: string[];
}

/** A group of users. */
export interface RealmGroupArgs {
  /** Realm roles of its members. */
  roles: string[];
}

/**
 * The users of one organization and the applications that trust them. Everything that is not named here is
 * Keycloak's default; the rest is laid over by `overrides.realm`.
 * https://www.keycloak.org/docs-api/latest/rest-api/index.html#RealmRepresentation
 */
export interface RealmArgs {
  /** Part of every address of the realm. Lower case, digits and hyphens. It cannot be changed. */
  name: string;
  /** Above the sign-in form. Default: the name. */
  displayName?: string;
  /** By name. */
  roles?: Record<string, RealmRoleArgs>;
  /** By name. */
  groups?: Record<string, RealmGroupArgs>;
  /** By client id. */
  clients: Record<string, RealmClientArgs>;
  /** Anybody may make an account. Default false. */
  selfRegistration?: boolean;
  /** Fewest characters of a password, 8 to 128. Default 12. */
  passwordLength?: number;
  /** Minutes that an access token is good for, 1 to 60. Default 5. */
  accessTokenMinutes?: number;
  /** Minutes after which an idle user must sign in again, 5 to 1440. Default 30. */
  idleMinutes?: number;
  /** Hours after which every user must sign in again, 1 to 720. Default 10. */
  sessionHours?: number;
  /** Days that sign-ins and changes by administrators are kept, 1 to 730. Default 90. */
  eventDays?: number;
}

/** The PostgreSQL database of Keycloak, always over TLS with the server's name checked. */
export interface KeycloakDatabaseArgs {
  /** Name of the server, as its certificate has it. */
  host: Input<string>;
  /** Default 5432. */
  port?: number;
  /** Name of the database. Default keycloak. */
  name?: Input<string>;
  /** Connections of each instance, kept open, 5 to 500. Default 20. */
  connections?: number;
}

/** What Keycloak is told wherever it runs. */
export interface KeycloakServerArgs {
  /** Where users sign in: `https://id.example.com`. No path. */
  url: string;
  /** Where administrators sign in: another host than that of `url`, on an internal listener. */
  adminUrl: string;
  /** The realm that the import job makes. One that exists already is left as it is. */
  realm: RealmArgs;
  /**
   * Requests that wait while all threads are busy, 1 to 100,000; more are answered with 503 at once, which a
   * load balancer understands. Default 1000.
   */
  queuedRequests?: number;
  /** Addresses or ranges of the proxies whose X-Forwarded headers are believed. Default: whoever reaches the port. */
  trustedProxies?: string[];
}
