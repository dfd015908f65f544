import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";

const oneLine = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !/\p{Cc}/u.test(text), "must be one line without control characters");

const kind = z.enum(["git", "ssh"]);

export const newCredential = z
  .strictObject({
    name: oneLine(100).describe("What it is for."),
    kind: kind
      .default("git")
      .describe("git: a password for a git host; ssh: a key or a password to log in to hosts with."),
    url: z
      .string()
      .max(300)
      .refine(isOrigin, "expected scheme and host only, such as https://git.example.com")
      .optional()
      .describe(
        "git only, needed: the one address that it is sent to: scheme, host and, if not the usual one, port.",
      ),
    username: oneLine(200).optional().describe("git only; default git. A host's user stands at the host."),
    password: oneLine(10_000)
      .optional()
      .describe("git: needed, password or access token; ssh: in place of a key. Never shown again."),
    privateKey: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .describe("ssh only: a private key of OpenSSH, without passphrase. Never shown again."),
    project: z
      .string()
      .max(100)
      .nullable()
      .default(null)
      .describe("The one project that may use it; null: all. Hosts belong to no project."),
  })
  .superRefine((input, context) => {
    const { needed, refused } = fieldsOf[input.kind];
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    if (input.kind === "ssh" && (input.privateKey === undefined) === (input.password === undefined))
      refuse("privateKey", "kind ssh needs either it or a password");
    for (const field of needed.filter((name) => input[name] === undefined))
      refuse(field, `is needed for kind ${input.kind}`);
    for (const field of refused.filter((name) => input[name] !== undefined))
      refuse(field, `does not belong to kind ${input.kind}`);
  });
export type NewCredential = z.output<typeof newCredential>;

const fieldsOf = {
  git: { needed: ["url", "password"], refused: ["privateKey"] },
  ssh: { needed: [], refused: ["url", "username"] },
} as const;

export const newSecret = z.strictObject({
  secret: z
    .string()
    .min(1)
    .max(20_000)
    .describe("What replaces the password or the private key: of the same sort. Never shown again."),
});

export const credential = z.object({
  id: z.string(),
  name: z.string(),
  kind,
  url: z.string().nullable().describe("git only."),
  username: z.string().nullable().describe("git only."),
  publicKey: z.string().nullable().describe("The line for `authorized_keys`; null: it is a password."),
  project: z.string().nullable(),
  createdAt: z.string(),
  rotatedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  lastUsedBy: z.string().nullable().describe("Id of the project or host that it was used for last."),
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
