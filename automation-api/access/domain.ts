import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { RoostError } from "../errors.ts";
import { may } from "./authorize.ts";
import { type Permission, type Principal, type RoleBinding, roles } from "./permissions.ts";

const ownForm = /^(roost_[a-z0-9]{4,40})_[A-Za-z0-9_-]{43}_([0-9a-f]{8})$/;

/** Begins what a browser keeps of a sign-in. */
export const browserPrefix = "roost_web";

export interface MintedToken {
  /** Shown once. */
  token: string;
  /** Kept. */
  hash: Buffer;
  /** Shown in lists, so that a person can tell tokens apart. */
  prefix: string;
}

/**
 * A token for the object `id` (`tok_…`, `dep_…`): `roost_<id part>_<256 random
 * bits>_<checksum>`. The checksum lets scanners find leaked tokens, and lets
 * us refuse a mistyped one without asking the database.
 */
export function mintToken(id: string): MintedToken {
  return mint(`roost_${id.slice(0, 3)}${id.slice(-10)}`);
}

/** What a browser keeps of the sign-in `id`: as good as a token, and of no use as one. */
export function mintSignIn(id: string): MintedToken {
  return mint(`${browserPrefix}${id.slice(-10)}`);
}

function mint(prefix: string): MintedToken {
  const body = `${prefix}_${randomBytes(32).toString("base64url")}`;
  const token = `${body}_${checksum(body)}`;
  return { token, hash: hashToken(token), prefix };
}

/** Tokens have 256 random bits, so a fast hash is enough, and a look-up by hash leaks no timing of use. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** False for a token that has our form and a wrong checksum; one given by a setting has another form. */
export function isWellFormed(token: string): boolean {
  const match = ownForm.exec(token);
  return !match || checksum(token.slice(0, -9)) === match[2];
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** Forms of Authorization that carry a token: ours, and the one of the pulumi command. */
const tokenHeader = /^(?:bearer|token) +([\x21-\x7e]{8,8192})$/i;

/** Three parts, the first of which is an object: a signed token in compact form, whoever made it. */
export function isJwt(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(token);
}

/**
 * The token of an Authorization header.
 * @throws unauthenticated, saying what is expected; never repeats what was given.
 */
export function readTokenHeader(header: string | undefined): string {
  if (header === undefined || header === "") {
    throw new RoostError("unauthenticated", "This needs a token: send `Authorization: Bearer <token>`.");
  }
  const token = tokenHeader.exec(header)?.[1];
  if (!token) {
    throw new RoostError(
      "unauthenticated",
      "The Authorization header is malformed: expected `Bearer <token>` or `token <token>`.",
    );
  }
  return token;
}

/**
 * Nobody gives away what they do not hold: a new token's scopes lie within
 * those of the token that asks.
 */
export function checkScopes(principal: Principal, asked: Permission[] | null): void {
  if (principal.kind !== "account") {
    throw new RoostError("forbidden", "Only an account can create tokens.");
  }
  const own = principal.scopes;
  if (own === null) return;
  const missing = asked === null ? ["all"] : asked.filter((scope) => !own.includes(scope));
  if (missing.length === 0) return;
  const fault = {
    field: "scopes",
    message: "a token cannot give more than it has itself",
    allowed: own.join(", "),
  };
  throw new RoostError("forbidden", `scopes: ${fault.message}`, { faults: [fault] });
}

/** What is added and what is taken when bindings go from `before` to `after`. */
export function compareBindings(before: RoleBinding[], after: RoleBinding[]) {
  const key = (binding: RoleBinding) => `${binding.projectId ?? ""}:${binding.role}`;
  const had = new Set(before.map(key));
  const has = new Set(after.map(key));
  return {
    added: after.filter((binding) => !had.has(key(binding))),
    removed: before.filter((binding) => !has.has(key(binding))),
  };
}

/**
 * Giving or taking a role needs `account:manage` where it holds, and whoever
 * gives a role holds all of its permissions there: no way up for oneself or a friend.
 */
export function checkBindingChange(principal: Principal, change: ReturnType<typeof compareBindings>): void {
  for (const { role, projectId } of [...change.added, ...change.removed]) {
    if (!may(principal, "account:manage", { projectId })) {
      throw new RoostError(
        "forbidden",
        `Giving or taking the role ${role} needs account:manage where it holds.`,
      );
    }
  }
  for (const { role, projectId } of change.added) {
    const missing = roles[role].filter((permission) => !may(principal, permission, { projectId }));
    if (missing.length > 0) {
      throw new RoostError(
        "forbidden",
        `You cannot give the role ${role}: you lack ${missing.join(", ")} there.`,
      );
    }
  }
}
