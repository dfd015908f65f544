import { z } from "zod";

export const beginQuery = z.object({
  return: z.string().max(2000).default("/").describe("Path of this server to come back to."),
});

/** Issuers add fields of their own to the way back; only these are looked at. */
export const callbackQuery = z.looseObject({
  state: z.string().regex(/^[\w-]{43}$/, "expected the state of a sign-in"),
  code: z.string().min(1).max(4000).optional(),
  error: z.string().max(200).optional(),
});

export const status = z.object({
  issuer: z.string().nullable().describe("Where people sign in; null: only tokens log in here."),
  account: z.object({ name: z.string() }).nullable().describe("Who is signed in with this browser."),
});

export const signedOut = z.object({
  issuerUrl: z
    .string()
    .nullable()
    .describe("Where the sign-in at the issuer ends too, which signs other applications out; null: nowhere."),
});
