import http from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { hashToken } from "../../../automation-api/access/service.ts";
import { until } from "../http/test-server.ts";
import { Visitor } from "./issuer-lab.ts";
import { type SignInLab, startSignInLab } from "./sign-in-lab.ts";

const cookieName = "roost_sign_in";

let lab: SignInLab;
let visitor: Visitor;
beforeAll(async () => {
  lab = await startSignInLab();
});
beforeEach(() => {
  visitor = new Visitor();
  lab.issuer.visitor = "ada";
  lab.issuer.people.clear();
  lab.issuer.people.set("ada", { sub: "ada", preferred_username: "ada", roles: ["roost-operator"] });
});
afterAll(() => lab.close());

const signIn = (where = "") => visitor.go(`${lab.server.url}/api/v1/sign-in${where}`);
const isCallback = (url: URL) => url.pathname === "/api/v1/sign-in/callback";
const problem = ({ reply, text }: { reply: Response; text: string }) => [
  reply.status,
  JSON.parse(text).detail,
];

/** A request as a page of this origin makes it, with what the visitor's browser keeps. */
const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
  lab.server.call(method, path, {
    token: null,
    headers: { ...visitor.headers(lab.server.url), ...headers },
    body,
  });
const ours = () => ({ origin: lab.server.url });

describe("signing in with a browser", () => {
  test("leads to the issuer and back, and the page that asked is open then", async () => {
    expect((await ask("GET", "/api/v1/sign-in/status")).body).toEqual({
      issuer: lab.issuer.url,
      account: null,
    });
    const { url, text } = await signIn("?return=%2Fapi%2Fv1%2Fme");
    expect(url.href).toBe(`${lab.server.url}/api/v1/me`);
    expect(JSON.parse(text)).toMatchObject({
      account: { name: "ada" },
      roles: [{ role: "operator", project: null }],
      token: { kind: "browser" },
    });
    expect((await ask("GET", "/api/v1/sign-in/status")).body.account).toEqual({ name: "ada" });
    const rows = await lab.server.database.db.selectFrom("audit").selectAll().execute();
    expect(rows).toContainEqual(
      expect.objectContaining({
        action: "sign-in.create",
        actor: "ada",
        object: JSON.parse(text).token.id,
        detail: expect.objectContaining({ issuer: lab.issuer.url, subject: "ada" }),
      }),
    );
  });

  test("keeps a cookie that scripts and other hosts do not get, and only its hash here", async () => {
    const callback = await visitor.go(`${lab.server.url}/api/v1/sign-in`, isCallback);
    const reply = await fetch(callback.url, {
      redirect: "manual",
      headers: visitor.headers(lab.server.url),
    });
    const [line = ""] = reply.headers.getSetCookie();
    expect(line).toMatch(/^roost_sign_in=roost_web\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=36000$/);
    const value = /=([^;]+)/.exec(line)?.[1] as string;
    const kept = await lab.server.database.db
      .selectFrom("token")
      .selectAll()
      .where("kind", "=", "browser")
      .execute();
    expect(kept.map(({ hash }) => hash.toString("hex"))).toContain(hashToken(value).toString("hex"));
    const { rows } = await sql<{ text: string }>`SELECT sign_in::text AS text FROM sign_in`.execute(
      lab.server.database.db,
    );
    expect(JSON.stringify(rows)).not.toContain("eyJ");
    expect(lab.server.log.join("")).not.toContain(value.slice(20));
    // A program that has got hold of it cannot use it as a token, past the check of who asks.
    expect((await lab.server.call("GET", "/api/v1/me", { token: value })).status).toBe(401);
    visitor.cookies.get(lab.server.url)?.set(cookieName, lab.server.adminToken);
    expect((await ask("GET", "/api/v1/me")).status).toBe(401);
  });

  test("behind TLS keeps it by a name that no other host can set", async () => {
    const proxied = await startSignInLab(
      {},
      { settings: { ROOST_BEHIND_PROXY: true, ROOST_PUBLIC_URL: "https://roost.example.com" } },
    );
    const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "roost.example.com" };
    const { status, headers: got } = await proxied.server.call("GET", "/api/v1/sign-in", {
      token: null,
      headers,
    });
    expect(status).toBe(302);
    expect(got.getSetCookie()[0]).toMatch(
      /^__Host-roost_sign_in_way=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
    );
    const to = new URL(got.get("location") as string);
    expect(to.searchParams.get("redirect_uri")).toBe("https://roost.example.com/api/v1/sign-in/callback");
    expect(to.searchParams.get("code_challenge_method")).toBe("S256");
    const elsewhere = await proxied.server.call("GET", "/api/v1/sign-in?return=%2Fdocs", { token: null });
    expect(elsewhere.headers.get("location")).toBe("https://roost.example.com/api/v1/sign-in?return=%2Fdocs");
    await proxied.close();
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "/%5c/../\t/x",
    "docs",
    "/a b",
    "javascript:x",
  ])("comes back to no other place: %j", async (path) => {
    const { status, body } = await ask("GET", `/api/v1/sign-in?return=${encodeURIComponent(path)}`);
    expect([status, body?.faults[0].field]).toEqual([400, "query.return"]);
  });

  test("is refused to who has no role, to who is declined, and where nobody is known", async () => {
    lab.issuer.people.set("eve", { sub: "eve", preferred_username: "eve", roles: [] });
    lab.issuer.visitor = "eve";
    expect(problem(await signIn())).toEqual([403, expect.stringContaining("gives no role")]);
    lab.issuer.visitor = null;
    visitor = new Visitor();
    expect(problem(await signIn())).toEqual([401, "The issuer did not sign you in."]);
    expect(visitor.cookies.get(lab.server.url)?.has(cookieName)).toBe(false);
  });
});

describe("a way back is refused that", () => {
  const back = () => visitor.go(`${lab.server.url}/api/v1/sign-in`, isCallback);
  const returnBy = (url: URL | string, who = visitor) => who.go(String(url));
  const refused = [401, expect.stringContaining("not begun in this browser")];

  test("was gone already", async () => {
    const { url } = await back();
    const cookies = new Map(visitor.cookies.get(lab.server.url));
    const first = await fetch(url, { redirect: "manual", headers: visitor.headers(lab.server.url) });
    expect(first.status).toBe(303);
    visitor.cookies.set(lab.server.url, cookies);
    expect(problem(await returnBy(url))).toEqual(refused);
    // Nor does the code work with another state.
    const again = (await back()).url;
    again.searchParams.set("code", url.searchParams.get("code") as string);
    expect(problem(await returnBy(again))).toEqual([401, expect.stringContaining("does not know this code")]);
  });

  test("was begun in another browser, or in none", async () => {
    const { url } = await back();
    expect(problem(await returnBy(url, new Visitor()))).toEqual(refused);
    const victim = new Visitor();
    await victim.go(`${lab.server.url}/api/v1/sign-in`, isCallback);
    expect(problem(await returnBy(url, victim))).toEqual(refused);
    // Whose it is has lost nothing by that.
    const own = await fetch(url, { redirect: "manual", headers: visitor.headers(lab.server.url) });
    expect(own.status).toBe(303);
  });

  test("has a state that nobody gave, took too long, or comes from another issuer", async () => {
    const { url } = await back();
    url.searchParams.set("state", "x".repeat(43));
    expect(problem(await returnBy(url))).toEqual(refused);
    const late = (await back()).url;
    await sql`UPDATE sign_in_attempt SET expires_at = now()`.execute(lab.server.database.db);
    expect(problem(await returnBy(late))).toEqual(refused);
    const mixed = (await back()).url;
    mixed.searchParams.set("iss", "http://127.0.0.1:1");
    expect(problem(await returnBy(mixed))[0]).toBe(401);
  });

  test("brings an ID token of another sign-in, client or key", async () => {
    const forge = async (claims: Record<string, unknown>) => {
      const nonce = (await back()).url;
      const token = await lab.issuer.sign({ nonce: "another", ...claims }, { typ: "JWT" });
      lab.issuer.tamper = (path, body) => (path === "/token" ? { ...body, id_token: token } : body);
      const result = problem(await returnBy(nonce));
      lab.issuer.tamper = undefined;
      return result[0];
    };
    expect(await forge({})).toBe(401);
    expect(await forge({ aud: "shop" })).toBe(401);
    // All is right with this one but who signed it.
    const { url } = await back();
    lab.issuer.tamper = (path, body) => {
      if (path !== "/token") return body;
      const [head, claims] = String(body.id_token).split(".");
      return { ...body, id_token: `${head}.${claims}.${"A".repeat(342)}` };
    };
    const unsigned = problem(await returnBy(url));
    lab.issuer.tamper = undefined;
    expect(unsigned).toEqual([401, "The token's signature is wrong."]);
  });
});

describe("who is signed in", () => {
  beforeEach(async () => {
    await signIn("?return=%2Fapi%2Fv1%2Fme");
  });

  test.each<[string, () => Record<string, string>, number]>([
    ["a page of ours", ours, 201],
    ["a page of ours that says so otherwise", () => ({ "sec-fetch-site": "same-origin" }), 201],
    ["a form elsewhere", () => ({ origin: "https://evil.example" }), 403],
    ["a form elsewhere that hides it", () => ({ origin: "null", "sec-fetch-site": "cross-site" }), 403],
    ["a neighbour", () => ({ "sec-fetch-site": "same-site" }), 403],
    ["nobody that is known", () => ({}), 403],
    ["another port of this machine", () => ({ origin: "http://127.0.0.1:1" }), 403],
  ])("changes something when asked by %s: %#", async (_name, headers, expected) => {
    const body = { name: "x", expiresInDays: 1 };
    expect((await ask("POST", "/api/v1/tokens", headers(), body)).status).toBe(expected);
  });

  test("reads for pages of ours and by links, and not for others' scripts", async () => {
    // By hand: fetch of Node says of itself how it asks.
    const statusFor = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const all = { ...visitor.headers(lab.server.url), ...headers };
        const sent = http.get(`${lab.server.url}/api/v1/me`, { headers: all, agent: false }, (reply) => {
          reply.resume().once("end", () => resolve(reply.statusCode));
        });
        sent.on("error", reject);
      });
    expect(await statusFor({})).toBe(200);
    expect(await statusFor({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).toBe(200);
    expect(await statusFor({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).toBe(403);
    expect(await statusFor({ "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" })).toBe(403);
  });

  test("signs out: here at once, and the issuer's page is told", async () => {
    const old = visitor.headers(lab.server.url);
    expect((await ask("POST", "/api/v1/sign-out")).status).toBe(403);
    const { status, body, headers } = await ask("POST", "/api/v1/sign-out", ours());
    expect(status).toBe(200);
    const issuerUrl = new URL(body.issuerUrl);
    expect(issuerUrl.origin).toBe(lab.issuer.url);
    expect(issuerUrl.searchParams.get("post_logout_redirect_uri")).toBe(`${lab.server.url}/`);
    expect(headers.getSetCookie()[0]).toMatch(/^roost_sign_in=; .*Max-Age=0/);
    await until(async () => {
      return (await lab.server.call("GET", "/api/v1/me", { token: null, headers: old })).status === 401;
    }, "the cookie is refused");
    expect(
      (
        await sql`SELECT 1 FROM sign_in s JOIN token t ON t.id = s.token_id WHERE revoked_at IS NOT NULL`.execute(
          lab.server.database.db,
        )
      ).rows,
    ).toEqual([]);
    const actions = await lab.server.database.db.selectFrom("audit").select("action").execute();
    expect(actions.map(({ action }) => action)).toContain("sign-in.end");
    expect((await lab.server.call("POST", "/api/v1/sign-out")).status).toBe(409);
  });
});

describe("the issuer is asked again", () => {
  const db = () => lab.server.database.db;
  /** As if the last question was long ago; used a moment ago. */
  const age = (seconds: number) =>
    sql`UPDATE sign_in SET checking_at = NULL, checked_at = now() - ${seconds} * interval '1 second'`.execute(
      db(),
    );
  const lives = async () => {
    const { rows } = await sql<{ seconds: number }>`
      SELECT extract(epoch FROM expires_at - now())::float8 AS seconds FROM token
      WHERE kind = 'browser' AND revoked_at IS NULL ORDER BY id DESC LIMIT 1`.execute(db());
    return rows[0]?.seconds ?? 0;
  };
  const me = () => ask("GET", "/api/v1/me");

  beforeEach(async () => {
    await sql`DELETE FROM sign_in`.execute(db());
    await signIn("?return=%2Fapi%2Fv1%2Fme");
  });

  test("and lives on while it vouches, with the role that it says then", async () => {
    expect(await lives()).toBeLessThanOrEqual(900);
    expect(await lab.signIns.recheckOne()).toBe(false);
    lab.issuer.people.set("ada", { sub: "ada", preferred_username: "ada", roles: ["roost-viewer"] });
    await age(400);
    await sql`UPDATE token SET expires_at = now() + interval '100 seconds' WHERE kind = 'browser'`.execute(
      db(),
    );
    // Of two replicas one asks.
    expect((await Promise.all([lab.signIns.recheckOne(), lab.signIns.recheckOne()])).sort()).toEqual([
      false,
      true,
    ]);
    expect(await lives()).toBeGreaterThan(100);
    await until(async () => (await me()).body.roles[0].role === "viewer", "the role is the new one");
    // With the token that came of the first question.
    await age(400);
    expect(await lab.signIns.recheckOne()).toBe(true);
    expect((await me()).status).toBe(200);
  });

  test("but never beyond the time that is set", async () => {
    await sql`UPDATE sign_in SET ends_at = now() + interval '60 seconds'`.execute(db());
    await age(400);
    expect(await lab.signIns.recheckOne()).toBe(true);
    expect(await lives()).toBeLessThanOrEqual(60);
  });

  test("and whom it does not know any more is signed out", async () => {
    lab.issuer.people.delete("ada");
    await age(400);
    expect(await lab.signIns.recheckOne()).toBe(true);
    await until(async () => (await me()).status === 401, "the sign-in is over");
    const { rows } = await sql<{ detail: { reason: string } }>`
      SELECT detail FROM audit WHERE action = 'sign-in.end' ORDER BY id DESC LIMIT 1`.execute(db());
    expect(rows[0]?.detail.reason).toContain("does not vouch");
  });

  test("and what nobody could ask about ends by itself, as does what nobody uses", async () => {
    await age(400);
    lab.issuer.answers = false;
    await expect(lab.signIns.recheckOne()).rejects.toMatchObject({ code: "unavailable" });
    lab.issuer.answers = true;
    expect(await lives()).toBeLessThanOrEqual(900);
    await age(400);
    await sql`UPDATE token SET last_used_at = now() - interval '2 hours' WHERE kind = 'browser'`.execute(
      db(),
    );
    expect(await lab.signIns.recheckOne()).toBe(false);
  });
});
