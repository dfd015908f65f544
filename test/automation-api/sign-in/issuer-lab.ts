import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Provider } from "oidc-provider";

export const clientId = "roost";
export const clientSecret = "the-secret-of-the-client";
const resource = "urn:roost";

/** Somebody whom the issuer knows. */
export interface Subject {
  sub: string;
  preferred_username?: string;
  email?: string;
  email_verified?: boolean;
  roles?: string[];
}

/** A real provider of OpenID Connect on loopback; whoever comes is `visitor`, and no password is asked for. */
export interface IssuerLab {
  url: string;
  people: Map<string, Subject>;
  /** Signs in, or (null) declines. */
  visitor: string | null;
  /** How often its keys were asked for. */
  keyRequests: number;
  /** False: answers 503 to everything. */
  answers: boolean;
  /** Replies at this path are changed on the way, as somebody in between would. */
  tamper?: (path: string, body: Record<string, unknown>) => Record<string, unknown>;
  /** Where it may send browsers back to: set before it is used. */
  allow(redirectUri: string): Promise<void>;
  /** From now on the issuer has another key, and the old one no more. */
  rotate(): Promise<void>;
  /** A token of the issuer with its present key, claims laid over good ones. */
  sign(claims?: JWTPayload, header?: { alg?: string; typ?: string; kid?: string }): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuerLab(): Promise<IssuerLab> {
  const redirectUris: string[] = [];
  let key: { privateKey: CryptoKey; kid: string };
  let provider: Provider;
  let handle: ReturnType<Provider["callback"]>;
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lab: IssuerLab = {
    url,
    people: new Map(),
    visitor: null,
    keyRequests: 0,
    answers: true,
    async allow(redirectUri) {
      redirectUris.push(redirectUri);
      await make();
    },
    async rotate() {
      key = await newKey();
      await make();
    },
    sign(claims = {}, { alg = "RS256", typ = "at+jwt", kid = key.kid } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const usual = {
        iss: url,
        aud: clientId,
        sub: "ada",
        iat: now,
        exp: now + 300,
        roles: ["roost-operator"],
      };
      return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, typ, kid }).sign(key.privateKey);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  key = await newKey();
  await make();
  return lab;

  async function make(): Promise<void> {
    const jwk = { ...(await exportJWK(key.privateKey)), kid: key.kid, use: "sig", alg: "RS256" };
    provider = new Provider(url, configuration(lab, jwk, redirectUris));
    handle = provider.callback();
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", url).pathname;
    if (!lab.answers) {
      response.writeHead(503).end();
    } else if (path.startsWith("/interaction/")) {
      const result =
        lab.visitor === null ? { error: "access_denied" } : { login: { accountId: lab.visitor } };
      await provider.interactionFinished(request, response, result);
    } else {
      if (path === "/jwks") lab.keyRequests++;
      if (lab.tamper) changeReply(response, (body) => lab.tamper?.(path, body) ?? body);
      await handle(request, response);
    }
  }
}

async function newKey() {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { privateKey, kid: randomBytes(6).toString("hex") };
}

function configuration(lab: IssuerLab, jwk: object, redirectUris: string[]): Record<string, unknown> {
  const claimsOf = (sub: string) => {
    const { sub: _sub, ...claims } = lab.people.get(sub) ?? { sub };
    return claims;
  };
  return {
    adapter: Memory,
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ["authorization_code", "refresh_token", "client_credentials"],
        redirect_uris: redirectUris.length > 0 ? redirectUris : ["http://127.0.0.1/none"],
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    claims: { openid: ["sub"], profile: ["preferred_username", "roles"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) =>
      lab.people.has(sub) ? { accountId: sub, claims: () => ({ sub, ...claimsOf(sub) }) } : undefined,
    loadExistingGrant: (context: {
      oidc: { client: { clientId: string }; session: { accountId: string }; provider: Provider };
    }) => {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid profile email");
      grant.addResourceScope(resource, "api");
      return grant.save().then(() => grant);
    },
    issueRefreshToken: () => true,
    extraTokenClaims: (_context: unknown, token: { accountId?: string }) =>
      token.accountId ? claimsOf(token.accountId) : { roles: ["roost-viewer"] },
    ttl: {
      AccessToken: 300,
      ClientCredentials: 300,
      IdToken: 300,
      RefreshToken: 3600,
      Grant: 3600,
      Session: 3600,
      Interaction: 600,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "api", audience: clientId, accessTokenFormat: "jwt" }),
      },
    },
  };
}

/** What the provider keeps, by model and id, until the test ends. */
class Memory {
  static readonly #kept = new Map<string, Record<string, unknown>>();
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  async upsert(id: string, payload: Record<string, unknown>) {
    Memory.#kept.set(`${this.#model} ${id}`, payload);
  }

  async find(id: string) {
    return Memory.#kept.get(`${this.#model} ${id}`);
  }

  async findByUid(uid: string) {
    return [...Memory.#kept.values()].find((payload) => payload.uid === uid);
  }

  async consume(id: string) {
    Object.assign((await this.find(id)) ?? {}, { consumed: Math.floor(Date.now() / 1000) });
  }

  async destroy(id: string) {
    Memory.#kept.delete(`${this.#model} ${id}`);
  }

  async revokeByGrantId(grantId: string) {
    for (const [key, payload] of Memory.#kept) if (payload.grantId === grantId) Memory.#kept.delete(key);
  }
}

/** Lets a reply of JSON be changed before it goes out. */
function changeReply(
  response: ServerResponse,
  change: (body: Record<string, unknown>) => Record<string, unknown>,
): void {
  const end = response.end.bind(response) as (text?: unknown) => ServerResponse;
  response.end = ((text?: unknown) => {
    if (!String(response.getHeader("content-type")).includes("json") || !text) return end(text);
    const changed = JSON.stringify(change(JSON.parse(String(text))));
    response.setHeader("content-length", Buffer.byteLength(changed));
    return end(changed);
  }) as ServerResponse["end"];
}

/** A browser as far as sign-ins go: it keeps cookies by origin and follows where it is sent. */
export class Visitor {
  readonly cookies = new Map<string, Map<string, string>>();
  /** Every address it went to. */
  readonly went: string[] = [];

  /** Follows redirects until something else is answered, or `until` holds for the next address. */
  async go(address: string, until: (url: URL) => boolean = () => false) {
    let url = new URL(address);
    for (let step = 0; step < 12; step++) {
      this.went.push(url.href);
      const reply = await fetch(url, { redirect: "manual", headers: this.headers(url.origin) });
      this.#keep(url.origin, reply);
      const location = reply.headers.get("location");
      if (location === null) return { url, reply, text: await reply.text() };
      await reply.body?.cancel();
      url = new URL(location, url);
      if (until(url)) return { url, reply, text: "" };
    }
    throw new Error(`Too many redirects: ${this.went.join(" ")}`);
  }

  headers(origin: string): Record<string, string> {
    const cookie = [...(this.cookies.get(origin) ?? [])]
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
    return cookie === "" ? {} : { cookie };
  }

  #keep(origin: string, reply: Response): void {
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, jar);
    for (const line of reply.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      const isEnded = /max-age=0|expires=Thu, 01 Jan 1970/i.test(line);
      if (isEnded) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}
