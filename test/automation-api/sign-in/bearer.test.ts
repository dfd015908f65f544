import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { notify } from "../../../automation-api/db/notify.ts";
import { transaction } from "../../../automation-api/db/transaction.ts";
import { until } from "../http/test-server.ts";
import { clientId, clientSecret } from "./issuer-lab.ts";
import { type SignInLab, startSignInLab } from "./sign-in-lab.ts";

const second = () => Math.floor(Date.now() / 1000);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

let lab: SignInLab;
beforeAll(async () => {
  lab = await startSignInLab();
});
afterAll(() => lab.close());

const me = (token: string) => lab.server.call("GET", "/api/v1/me", { token });
const accounts = async () => (await lab.server.call("GET", "/api/v1/accounts")).body.items;

describe("an access token of the issuer", () => {
  test("opens the API: its holder becomes an account with the role of the claim, and the audit says who", async () => {
    const token = await lab.issuer.sign({ sub: "ada", preferred_username: "Ada Lovelace" });
    const reply = await me(token);
    expect(reply.body).toMatchObject({
      account: { name: "Ada-Lovelace" },
      roles: [{ role: "operator", project: null }],
      token: { kind: "bearer", scopes: null, expiresAt: expect.any(String) },
    });
    expect(await accounts()).toContainEqual(
      expect.objectContaining({
        name: "Ada-Lovelace",
        kind: "person",
        identity: { issuer: lab.issuer.url, subject: "ada" },
      }),
    );
    const made = await lab.server.call("POST", "/api/v1/tokens", { token, body: { name: "mine" } });
    const rows = await lab.server.database.db.selectFrom("audit").selectAll().orderBy("id").execute();
    const hers = rows.filter(({ actor }) => actor === "Ada-Lovelace");
    expect(hers.map(({ action, object }) => [action, object])).toEqual([
      ["account.create", reply.body.account.id],
      ["token.create", made.body.id],
    ]);
    expect(hers[0]?.detail).toMatchObject({ issuer: lab.issuer.url, subject: "ada" });
  });

  test("as the provider gives it to a service works too", async () => {
    const reply = await fetch(`${lab.issuer.url}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`,
      },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const { access_token } = (await reply.json()) as { access_token: string };
    const { status, body } = await me(access_token);
    expect([status, body.roles]).toEqual([200, [{ role: "viewer", project: null }]]);
    expect(await accounts()).toContainEqual(expect.objectContaining({ name: clientId, kind: "service" }));
  });

  test("of another person with a name or an address that is known here is another account", async () => {
    const asAdmin = { sub: "mallory", preferred_username: "admin", email: "ada@example.com" };
    const { body } = await me(await lab.issuer.sign({ ...asAdmin, roles: ["roost-viewer"] }));
    expect(body.account.name).toMatch(/^admin-[0-9a-f]{8}$/);
    expect(body.roles).toEqual([{ role: "viewer", project: null }]);
  });

  test("takes a role away that the issuer took away, and an older one does not give it back", async () => {
    const claims = { sub: "grace", preferred_username: "grace" };
    const before = { ...claims, iat: second() - 60, roles: ["roost-viewer", "roost-admin"] };
    expect((await me(await lab.issuer.sign(before))).body.roles).toEqual([{ role: "admin", project: null }]);
    const fired = await me(await lab.issuer.sign({ ...claims, roles: [] }));
    expect([fired.status, fired.body.detail]).toEqual([403, expect.stringContaining("gives no role")]);
    const replayed = await lab.issuer.sign({ ...before, jti: "another" });
    expect((await me(replayed)).status).toBe(403);
    const [grace] = (await accounts()).filter(({ name }: { name: string }) => name === "grace");
    expect(grace.roles).toEqual([]);
  });

  test("gives no way to change here what the issuer says", async () => {
    const { body } = await me(await lab.issuer.sign({ sub: "alan", preferred_username: "alan" }));
    const change = { roles: [{ role: "admin", project: null }] };
    const path = `/api/v1/accounts/${body.account.id}/roles`;
    expect((await lab.server.call("PUT", path, { body: change })).status).toBe(409);
    await lab.server.project("shop");
    const both = {
      roles: [
        { role: "operator", project: null },
        { role: "admin", project: "shop" },
      ],
    };
    expect((await lab.server.call("PUT", path, { body: both })).status).toBe(200);
  });

  test("of a stranger without a role makes no account", async () => {
    const before = (await accounts()).length;
    for (const roles of [[], ["roost-Admin", "admin"], undefined, "operator", { "roost-admin": true }]) {
      const { status } = await me(await lab.issuer.sign({ sub: "stranger", roles }));
      expect([roles, status]).toEqual([roles, 403]);
    }
    expect((await accounts()).length).toBe(before);
  });

  test("ends like any token: by revoking it, and with its account", async () => {
    const token = await lab.issuer.sign({ sub: "edsger", preferred_username: "edsger" });
    const { body } = await me(token);
    const { token: own } = (await lab.server.call("POST", "/api/v1/tokens", { token, body: { name: "own" } }))
      .body;
    await lab.server.call("DELETE", `/api/v1/tokens/${body.token.id}`);
    await until(async () => (await me(token)).status === 401, "the token is refused");
    expect((await me(token)).body.detail).toBe("The token was revoked.");
    await lab.server.call("POST", `/api/v1/accounts/${body.account.id}/disable`);
    for (const each of [own, await lab.issuer.sign({ sub: "edsger", jti: "next" })]) {
      expect((await me(each)).body.detail).toBe("The account edsger is disabled.");
    }
  });

  test("keeps its holder's own tokens alive, which end when nobody comes by the issuer any more", async () => {
    const token = await lab.issuer.sign({ sub: "barbara", preferred_username: "barbara" });
    const { token: own } = (await lab.server.call("POST", "/api/v1/tokens", { token, body: { name: "own" } }))
      .body;
    expect((await me(own)).status).toBe(200);
    const { db } = lab.server.database;
    const long = new Date(Date.now() - 1000);
    await db.updateTable("identity").set({ good_until: long }).where("subject", "=", "barbara").execute();
    await transaction(db, (tx) => notify(tx, "access", "believe nothing"));
    await until(async () => (await me(own)).status === 401, "the token is refused");
    expect((await me(own)).body.detail).toContain("has not signed in");
    await me(await lab.issuer.sign({ sub: "barbara", jti: "again" }));
    expect((await me(own)).status).toBe(200);
  });
});

describe("a token is refused that", () => {
  const good: JWTPayload = { sub: "eve", preferred_username: "eve", roles: ["roost-admin"] };
  const cases: [string, JWTPayload, string][] = [
    ["is of another issuer", { iss: "http://127.0.0.1:1" }, "another issuer"],
    ["is of an issuer whose name ours begins", { iss: "SUFFIX" }, "another issuer"],
    ["is for another audience", { aud: "shop" }, "another audience"],
    ["is for an audience that begins as ours", { aud: ["roost2", "account"] }, "another audience"],
    ["was given to our client for another API", { aud: "shop", azp: clientId }, "another audience"],
    ["has expired", { iat: second() - 600, exp: second() - 31 }, "expired"],
    ["never expires", { exp: undefined }, "exp"],
    ["is not good yet", { nbf: second() + 60 }, "not good yet"],
    ["names nobody", { sub: undefined }, "sub"],
    ["is an ID token", { nonce: "n" }, "no access token"],
    ["is Keycloak's ID token", { typ: "ID" }, "no access token"],
    ["is Keycloak's refresh token", { typ: "Refresh" }, "no access token"],
    ["is a logout token", { events: {} }, "no access token"],
  ];
  test.each(cases)("%s", async (_name, claims, detail) => {
    const laid = claims.iss === "SUFFIX" ? { iss: `${lab.issuer.url}/x` } : claims;
    const { status, body } = await me(await lab.issuer.sign({ ...good, ...laid }));
    expect([status, body.detail]).toEqual([401, expect.stringContaining(detail)]);
  });

  test("is not signed, or signed with what everybody knows, or by somebody else", async () => {
    const claims = { iss: lab.issuer.url, aud: clientId, iat: second(), exp: second() + 300, ...good };
    const keys = (await (await fetch(`${lab.issuer.url}/jwks`)).json()) as {
      keys: { kid: string; n: string }[];
    };
    const { kid, n } = keys.keys[0] as { kid: string; n: string };
    const none = `${part({ alg: "none", kid })}.${part(claims)}.`;
    const content = `${part({ alg: "HS256", kid })}.${part(claims)}`;
    const confused = [n, JSON.stringify(keys.keys[0])].map(
      (key) => `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`,
    );
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
    const signed = (header: object) =>
      new SignJWT(claims).setProtectedHeader({ alg: "RS256", ...header }).sign(privateKey);
    const own = [
      await signed({ kid }),
      await signed({ kid: "unknown" }),
      await signed({ kid, jwk: await exportJWK(publicKey) }),
      await signed({ kid: "mine", jku: `${lab.issuer.url}/mine` }),
    ];
    const [head, , signature] = (await lab.issuer.sign(good)).split(".");
    const swapped = `${head}.${part({ ...claims, roles: ["roost-admin"], sub: "ada" })}.${signature}`;
    for (const token of [none, ...confused, ...own, swapped, "eyJ.e30.x", `${content}.`]) {
      expect((await me(token)).status).toBe(401);
    }
    expect((await accounts()).map(({ name }: { name: string }) => name)).not.toContain("eve");
  });

  test("is known from nowhere: no log line holds any of it", async () => {
    const token = await lab.issuer.sign({ ...good, aud: "shop" });
    await me(token);
    const [, claims, signature] = token.split(".") as [string, string, string];
    const log = lab.server.log.join("");
    for (const piece of [claims, signature]) expect(log).not.toContain(piece.slice(0, 40));
    expect(log).toContain("another audience");
  });
});

describe("keys", () => {
  test("are followed when the issuer changes them, and withdrawn ones are forgotten", async () => {
    const before = await lab.issuer.sign({ sub: "ada" });
    await lab.issuer.rotate();
    expect((await me(await lab.issuer.sign({ sub: "ada" }))).status).toBe(200);
    expect((await me(before)).status).toBe(401);
  });

  test("are not asked for at each forged token, nor at one of another issuer", async () => {
    const bounded = await startSignInLab({}, { keyCooldownMs: 60_000 });
    const ask = (token: string) => bounded.server.call("GET", "/api/v1/me", { token });
    expect((await ask(await bounded.issuer.sign())).status).toBe(200);
    const asked = bounded.issuer.keyRequests;
    for (let count = 0; count < 10; count++) {
      expect((await ask(await bounded.issuer.sign({}, { kid: `forged-${count}` }))).status).toBe(401);
      expect((await ask(await lab.issuer.sign())).status).toBe(401);
    }
    expect(bounded.issuer.keyRequests).toBe(asked);
    await bounded.close();
  });

  test("that cannot be had are no fault of the token: 503, and our own tokens work on", async () => {
    const lonely = await startSignInLab();
    lonely.issuer.answers = false;
    const { status, headers } = await lonely.server.call("GET", "/api/v1/me", {
      token: await lonely.issuer.sign(),
    });
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
    expect((await lonely.server.call("GET", "/api/v1/me")).status).toBe(200);
    await lonely.close();
  });
});

test("only verified addresses of exactly the domains that are set come in", async () => {
  const strict = await startSignInLab({ ROOST_OIDC_DOMAINS: "example.com" });
  const statusOf = async (email: unknown, email_verified: unknown) => {
    const token = await strict.issuer.sign({ sub: `${email}`, email, email_verified });
    return (await strict.server.call("GET", "/api/v1/me", { token })).status;
  };
  expect(await statusOf("a@Example.com", true)).toBe(200);
  for (const [email, verified] of [
    ["b@example.com", false],
    ["b@example.com", "true"],
    ["b@evil-example.com", true],
    ["b@x.example.com", true],
    ["b@example.com@evil.com", true],
    [undefined, true],
  ]) {
    expect([email, verified, await statusOf(email, verified)]).toEqual([email, verified, 403]);
  }
  await strict.close();
});
