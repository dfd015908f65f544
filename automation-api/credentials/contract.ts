import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";

const oneLine = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !/\p{Cc}/u.test(text), "must be one line without control characters");

export const newCredential = z.strictObject({
  name: oneLine(100).describe("What it is for."),
  kind: z.literal("git").default("git"),
  url: z
    .string()
    .max(300)
    .refine(isOrigin, "expected scheme and host only, such as https://git.example.com")
    .describe(
      "The one address that the credential is sent to: scheme, host and, if not the usual one, port.",
    ),
  username: oneLine(200).default("git"),
  password: oneLine(10_000).describe("Password or access token. Never shown again."),
  project: z
    .string()
    .max(100)
    .nullable()
    .default(null)
    .describe("The one project that may use it; null: all."),
});
export type NewCredential = z.output<typeof newCredential>;

export const credential = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["git"]),
  url: z.string(),
  username: z.string(),
  project: z.string().nullable(),
  createdAt: z.string(),
  lastUsedAt: z.string().nullable(),
});
export type Credential = z.output<typeof credential>;

export const credentialPage = pageReply(credential);
export const credentialQuery = pageQuery;
export const credentialParams = z.strictObject({
  id: z.string().regex(/^crd_[0-9a-z]{26}$/, "expected crd_…"),
});

function isOrigin(text: string): boolean {
  if (!/^https?:\/\/[^\s/\\]+\/?$/.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}
