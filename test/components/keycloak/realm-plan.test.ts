import { describe, expect, it } from "@jest/globals";
import { ClientKind, keycloakContainerfile, type RealmArgs } from "../../../components/index.ts";
import { checkRealm } from "../../../components/keycloak/check.ts";
import {
  clientSecretVariable,
  confidentialClients,
  planRealm,
} from "../../../components/keycloak/realm-plan.ts";
import { realm } from "./example.ts";

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into at many depths
const document = (changes: Partial<RealmArgs> = {}): any => planRealm({ ...realm, ...changes });
const client = (id: string, changes: Partial<RealmArgs> = {}) =>
  document(changes).clients.find(({ clientId }: { clientId: string }) => clientId === id);

describe("the realm document", () => {
  it("guards accounts and sessions unless told otherwise", () => {
    expect(document()).toMatchObject({
      realm: "shop",
      enabled: true,
      sslRequired: "all",
      registrationAllowed: false,
      bruteForceProtected: true,
      revokeRefreshToken: true,
      refreshTokenMaxReuse: 0,
      accessTokenLifespan: 300,
      ssoSessionIdleTimeout: 1800,
      ssoSessionMaxLifespan: 36_000,
      passwordPolicy: "length(12) and notUsername and notEmail and passwordHistory(5)",
      eventsEnabled: true,
      eventsExpiration: 7_776_000,
      adminEventsEnabled: true,
      adminEventsDetailsEnabled: false,
    });
  });

  it("takes times in their units", () => {
    const changes = {
      accessTokenMinutes: 1,
      idleMinutes: 60,
      sessionHours: 24,
      eventDays: 1,
      passwordLength: 16,
    };
    expect(document(changes)).toMatchObject({
      accessTokenLifespan: 60,
      ssoSessionIdleTimeout: 3600,
      ssoSessionMaxLifespan: 86_400,
      eventsExpiration: 86_400,
      attributes: { adminEventsExpiration: "86400" },
      passwordPolicy: expect.stringMatching(/^length\(16\)/),
    });
  });

  it("gives each kind of client its flow and no other", () => {
    const flows = (id: string) => {
      const { publicClient, standardFlowEnabled, serviceAccountsEnabled, directAccessGrantsEnabled } =
        client(id);
      return [publicClient, standardFlowEnabled, serviceAccountsEnabled, directAccessGrantsEnabled];
    };
    expect(flows("web")).toEqual([true, true, false, false]);
    expect(flows("desk")).toEqual([false, true, false, false]);
    expect(flows("billing")).toEqual([false, false, true, false]);
    for (const id of ["web", "desk"])
      expect(client(id).attributes["pkce.code.challenge.method"]).toBe("S256");
    expect(document().clients.every(({ implicitFlowEnabled }: never) => implicitFlowEnabled === false)).toBe(
      true,
    );
  });

  it("holds no secret, only the name of the variable that does", () => {
    expect(client("web").secret).toBeUndefined();
    expect(client("desk").secret).toBe(`\${CLIENT_SECRET_DESK}`);
    expect(client("billing").secret).toBe(`\${CLIENT_SECRET_BILLING}`);
    expect(clientSecretVariable("my-app.v2")).toBe("CLIENT_SECRET_MY_APP_V2");
    expect(confidentialClients(realm)).toEqual(["billing", "desk"]);
  });

  it("names the audience in access tokens, and lets a service act with its roles", () => {
    expect(client("billing").protocolMappers).toEqual([
      expect.objectContaining({
        protocolMapper: "oidc-audience-mapper",
        config: expect.objectContaining({ "included.custom.audience": "api", "access.token.claim": "true" }),
      }),
    ]);
    expect(document().users).toEqual([
      {
        username: "service-account-billing",
        enabled: true,
        serviceAccountClientId: "billing",
        realmRoles: ["clerk"],
      },
    ]);
  });

  it("makes roles that include others, and groups of them", () => {
    expect(document().roles.realm).toEqual([
      { name: "buyer", description: "Buys" },
      { name: "clerk", description: "Sells and buys", composite: true, composites: { realm: ["buyer"] } },
    ]);
    expect(document().groups).toEqual([{ name: "staff", realmRoles: ["clerk"] }]);
  });

  it("is the same text in any order of the arguments", () => {
    const turned = (record: object) => Object.fromEntries(Object.entries(record).reverse());
    const other = { ...realm, roles: turned(realm.roles!), clients: turned(realm.clients) } as RealmArgs;
    expect(JSON.stringify(planRealm(other))).toBe(JSON.stringify(planRealm(realm)));
  });
});

describe("checkRealm", () => {
  it("finds nothing wrong with a good realm", () => expect(checkRealm(realm)).toEqual([]));

  const redirect = (uri: string): Partial<RealmArgs> => ({
    clients: { web: { kind: ClientKind.browser, redirectUris: [uri] } },
  });

  it.each(["http://localhost:3000/callback", "http://127.0.0.1:8080/*", "https://shop.example.com/a/*"])(
    "takes the address %s",
    (uri) => expect(checkRealm({ ...realm, ...redirect(uri) })).toEqual([]),
  );

  it.each<[string, Partial<RealmArgs>, string, RegExp]>([
    ["the realm of administrators", { name: "master" }, "realm.name", /a realm of its own/],
    ["a name with capitals", { name: "Shop" }, "realm.name", /lower case/],
    ["tokens for a day", { accessTokenMinutes: 1440 }, "realm.accessTokenMinutes", /from 1 to 60 minutes/],
    ["short passwords", { passwordLength: 6 }, "realm.passwordLength", /from 8 to 128/],
    [
      "an address without TLS",
      redirect("http://shop.example.com/"),
      "realm.clients.web.redirectUris[0]",
      /https/,
    ],
    ["any host", redirect("https://*.example.com/"), "realm.clients.web.redirectUris[0]", /absolute/],
    ["any address", redirect("*"), "realm.clients.web.redirectUris[0]", /absolute/],
    [
      "a host that ends openly",
      redirect("https://shop.example.com*"),
      "realm.clients.web.redirectUris[0]",
      /\*/,
    ],
    [
      "a browser client without an address",
      { clients: { web: { kind: "browser" } } },
      "realm.clients.web.redirectUris",
      /at least one/,
    ],
    [
      "a service with users",
      { clients: { job: { kind: "service", redirectUris: ["https://a.example.com/"] } } },
      "realm.clients.job.redirectUris",
      /no users/,
    ],
    [
      "roles of a browser client",
      { clients: { web: { kind: "browser", redirectUris: ["https://a.example.com/"], roles: ["buyer"] } } },
      "realm.clients.web.roles",
      /only a service/,
    ],
    [
      "a role that is not there",
      { groups: { staff: { roles: ["boss"] } } },
      "realm.groups.staff.roles",
      /buyer, clerk/,
    ],
    [
      "an unknown kind",
      { clients: { web: { kind: "x" as never, redirectUris: ["https://a.example.com/"] } } },
      "realm.clients.web.kind",
      /browser, server, service/,
    ],
    [
      "two clients with one variable",
      { clients: { "a-b": { kind: "service" }, "a.b": { kind: "service" } } },
      "realm.clients",
      /differ/,
    ],
    [
      "text that would fetch the database's password",
      { displayName: `\${KC_DB_PASSWORD}` },
      "realm.displayName",
      /without \$\{/,
    ],
  ])("refuses %s", (_, changes, field, allowed) => {
    const faults = checkRealm({ ...realm, ...changes });
    expect(faults.map((fault) => fault.field)).toContain(field);
    expect(faults.find((fault) => fault.field === field)?.allowed).toMatch(allowed);
  });
});

describe("keycloakContainerfile", () => {
  it("bakes in every build option that an optimized start relies on", () => {
    const file = keycloakContainerfile({
      base: "quay.io/keycloak/keycloak@sha256:1",
      features: ["passkeys", "dpop"],
    });
    expect(file).toMatch(/^FROM quay\.io\/keycloak\/keycloak@sha256:1 AS build\nRUN .*kc\.sh build /);
    for (const option of [
      "--db=postgres",
      "--health-enabled=true",
      "--metrics-enabled=true",
      "--features=dpop,passkeys",
    ]) {
      expect(file).toContain(option);
    }
    expect(file).toMatch(/USER 1000\nVOLUME .*\nENTRYPOINT/);
    expect(file).not.toContain("ADD");
  });

  it("brings the database's authority along where nothing is mounted", () => {
    const databaseAuthority = "https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem";
    const file = keycloakContainerfile({ base: "keycloak@sha256:1", databaseAuthority });
    expect(file).toContain(`ADD --chmod=0444 ${databaseAuthority} /opt/roost/database-authority/ca.crt\n`);
  });
});
