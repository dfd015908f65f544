import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import * as client from "openid-client";
import { RoostError } from "../errors.ts";

export interface IssuerOptions {
  /** As tokens have it in `iss`; its configuration is found below it. http only on this machine. */
  issuer: string;
  clientId: string;
  /** Default: none, a public client. */
  clientSecret?: string;
  /** In place of the platform's, for tests of an issuer that is elsewhere than it says. */
  fetch?: typeof fetch;
  /** Keys are asked for again at most so often, however many tokens name one that is unknown. Default 30 s. */
  keyCooldownMs?: number;
}

/** What came of a code or of a refresh token, all of it verified. */
export interface Grant {
  /** Of the ID token; absent when a refresh gave none. */
  identity?: JWTPayload;
  /** Of the access token, where it is one for us that we can read. */
  access?: JWTPayload;
  refreshToken?: string;
}

interface Opened {
  configuration: client.Configuration;
  keys: ReturnType<typeof createRemoteJWKSet>;
}

/** What a signature may be made with: by a key that the issuer alone has, so never `none` and never HS256. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** Clocks differ by so much. */
export const leewaySeconds = 30;
const answerMs = 5_000;
/** Keys are asked for again after this time, so that one that was withdrawn is forgotten. */
const keysMs = 600_000;
/** An issuer that did not answer is left alone for so long, so that nobody's tokens make us knock all the time. */
const pauseMs = 5_000;

/** The issuer of OpenID Connect: finds its configuration, verifies its tokens, redeems its codes. */
export class Issuer {
  readonly #options: IssuerOptions;
  #opening: Promise<Opened> | undefined;
  #silentUntilMs = 0;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /**
   * The claims of a token that this issuer signed and that is good now. Whom it is for is the caller's to judge,
   * unless `audience` is given.
   * @throws unauthenticated, with the reason and nothing of the token; unavailable when the issuer does not answer.
   */
  async verify(token: string, audience?: string): Promise<JWTPayload> {
    // Another issuer's token is no reason to ask ours for its keys.
    if (issuerNamedBy(token) !== this.#options.issuer) throw refuse("The token is of another issuer.");
    const { keys } = await this.#open();
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms,
        issuer: this.#options.issuer,
        audience,
        clockTolerance: leewaySeconds,
        requiredClaims: ["sub", "exp", "iat"],
      });
      return payload;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Where a browser is sent to sign in. */
  async authorizationUrl(asked: {
    redirectUri: string;
    scopes: string;
    state: string;
    nonce: string;
    verifier: string;
  }): Promise<string> {
    const { configuration } = await this.#open();
    const { href } = client.buildAuthorizationUrl(configuration, {
      redirect_uri: asked.redirectUri,
      scope: asked.scopes,
      state: asked.state,
      nonce: asked.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(asked.verifier),
      code_challenge_method: "S256",
    });
    return href;
  }

  /**
   * Swaps the code of a callback for tokens.
   * @param back the address that the browser came back to, with its query.
   * @throws unauthenticated when the issuer refuses, or its reply is not for this sign-in.
   */
  async redeem(back: URL, expected: { state: string; nonce: string; verifier: string }): Promise<Grant> {
    const { configuration } = await this.#open();
    const tokens = await client
      .authorizationCodeGrant(configuration, back, {
        expectedState: expected.state,
        expectedNonce: expected.nonce,
        pkceCodeVerifier: expected.verifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        throw grantRefusalOf(error) ?? silence(error);
      });
    return this.#read(tokens);
  }

  /** @returns undefined when the issuer refuses: the person signed out there, or may not come in any more. */
  async refresh(refreshToken: string): Promise<Grant | undefined> {
    const { configuration } = await this.#open();
    const tokens = await client.refreshTokenGrant(configuration, refreshToken).catch((error: unknown) => {
      if (isInvalidGrant(error)) return undefined;
      throw silence(error);
    });
    return tokens && this.#read(tokens);
  }

  /** Where a browser ends its sign-in at the issuer too; null where the issuer has no such page, or does not answer. */
  async signOutUrl(returnTo: string): Promise<string | null> {
    const opened = await this.#open().catch(() => undefined);
    if (!opened) return null;
    const { configuration } = opened;
    if (!configuration.serverMetadata().end_session_endpoint) return null;
    return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo }).href;
  }

  async #read(tokens: client.TokenEndpointResponse): Promise<Grant> {
    const { id_token, access_token, refresh_token } = tokens;
    const identity = id_token === undefined ? undefined : await this.verify(id_token, this.#options.clientId);
    return { identity, access: await this.#readAccess(access_token), refreshToken: refresh_token };
  }

  /** Many issuers give access tokens that are not ours to read; what they say then counts nothing. */
  async #readAccess(token: string): Promise<JWTPayload | undefined> {
    try {
      return await this.verify(token);
    } catch (error) {
      if (error instanceof RoostError && error.code === "unauthenticated") return undefined;
      throw error;
    }
  }

  #open(): Promise<Opened> {
    if (!this.#opening && performance.now() < this.#silentUntilMs) return Promise.reject(silence(undefined));
    this.#opening ??= this.#discover().catch((error: unknown) => {
      this.#opening = undefined;
      this.#silentUntilMs = performance.now() + pauseMs;
      throw silence(error);
    });
    return this.#opening;
  }

  async #discover(): Promise<Opened> {
    const { issuer, clientId, clientSecret, fetch: ownFetch, keyCooldownMs } = this.#options;
    const login = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
    const configuration = await client.discovery(new URL(issuer), clientId, {}, login, {
      timeout: answerMs / 1000,
      ...(issuer.startsWith("http:") && { execute: [client.allowInsecureRequests] }),
      ...(ownFetch && { [client.customFetch]: ownFetch as client.CustomFetch }),
    });
    const { jwks_uri } = configuration.serverMetadata();
    if (!jwks_uri) throw new Error("The issuer's configuration names no keys.");
    const keys = createRemoteJWKSet(new URL(jwks_uri), {
      timeoutDuration: answerMs,
      cacheMaxAge: keysMs,
      cooldownDuration: keyCooldownMs,
      ...(ownFetch && { [customFetch]: ownFetch }),
    });
    return { configuration, keys };
  }
}

function silence(cause: unknown): RoostError {
  return new RoostError("unavailable", "The issuer that people sign in at does not answer as it should.", {
    retryAfterSeconds: pauseMs / 1000,
    cause,
  });
}

function refuse(message: string, cause?: unknown): RoostError {
  return new RoostError("unauthenticated", message, { cause });
}

function issuerNamedBy(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refuse("The token cannot be read.");
  }
}

const claimRefusals: Record<string, string> = {
  aud: "The token is for another audience.",
  nbf: "The token is not good yet.",
};

function refusalOf(error: unknown): RoostError {
  if (error instanceof errors.JWTExpired) return refuse("The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refuse(
      (error.reason !== "missing" && claimRefusals[error.claim]) ||
        `The token's claim ${error.claim} is not right.`,
    );
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refuse("The token is signed in a way that is not allowed.");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return refuse("The token is signed with a key that its issuer does not have.");
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse("The token's signature is wrong.");
  // A bare one is about the keys' reply: they could not be had.
  const isOfToken = error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC";
  if (isOfToken && !(error instanceof errors.JWKSTimeout) && !(error instanceof errors.JWKSInvalid))
    return refuse("The token cannot be read.");
  return silence(error);
}

function isInvalidGrant(error: unknown): boolean {
  return error instanceof client.ResponseBodyError && error.error === "invalid_grant";
}

/** Undefined: it is the issuer's fault or ours, not that of who signs in. */
function grantRefusalOf(error: unknown): RoostError | undefined {
  if (isInvalidGrant(error))
    return refuse("The issuer does not know this code any more: sign in again.", error);
  if (error instanceof client.AuthorizationResponseError)
    return refuse("The issuer did not sign you in.", error);
  // The reply was had and judged: state, nonce, issuer, audience or time are not those of this sign-in.
  const { code } = error as { code?: unknown };
  const isJudged =
    code === "OAUTH_JWT_CLAIM_COMPARISON_FAILED" || code === "OAUTH_JWT_TIMESTAMP_CHECK_FAILED";
  return isJudged || code === "OAUTH_INVALID_RESPONSE"
    ? refuse("What the issuer replied is not for this sign-in: sign in again.", error)
    : undefined;
}
