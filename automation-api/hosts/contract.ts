import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";

export const hostName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "expected a letter or digit, then letters, digits or _ . -")
  .describe("Name of a host; one organization has each name once.");
/** Never with a leading dash: it becomes an argument of ssh. */
export const hostAddress = z
  .string()
  .regex(/^[A-Za-z0-9:][A-Za-z0-9_.:-]{0,252}$/, "expected a host name or an IP address")
  .describe("Host name or IP address.");
const hostPort = z.int().min(1).max(65_535);
export const hostUser = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, "expected a user name of the host")
  .describe("Who to log in as.");
const hostKey = z
  .string()
  .max(2000)
  .regex(/^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}( [^\p{Cc}]*)?$/u, "expected `ssh-ed25519 AAAA…`")
  .describe("The one key by which the host is known, as a line of its `ssh_host_*_key.pub`.");
const trust = z
  .enum(["verified", "first-use"])
  .describe(
    "verified: the key came from the host's console or its provider; first-use: it is what the machine showed, accepted unseen.",
  );
const labelValue = z
  .string()
  .regex(/^[A-Za-z0-9_.:/@-]{0,100}$/, "expected at most 100 letters, digits or _ . : / @ -");
const labelName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/, "expected at most 63 letters, digits or _ . / -");
export const labels = z
  .record(labelName, labelValue)
  .refine((map) => Object.keys(map).length <= 64, "expected at most 64 labels");
export type Labels = z.output<typeof labels>;

const hostId = z.string().regex(/^hst_[0-9a-z]{26}$/, "expected hst_…");
const groupId = z.string().regex(/^hgr_[0-9a-z]{26}$/, "expected hgr_…");
const credentialId = z.string().regex(/^crd_[0-9a-z]{26}$/, "expected crd_…");
const credential = credentialId.nullable().describe("The SSH key to log in with; null: none yet.");
const bastion = hostId
  .nullable()
  .describe("The host that it is reached through, which is itself reached directly; null: none.");

const sudo = z
  .boolean()
  .describe(
    "Whether everything there is run by `sudo -n`: the user is not root, and may become it without a password.",
  );

export const newHost = z.strictObject({
  name: hostName,
  address: hostAddress,
  port: hostPort.default(22),
  user: hostUser,
  sudo: sudo.default(false),
  hostKey,
  hostKeyTrust: trust.default("verified"),
  credential: credential.default(null),
  bastion: bastion.default(null),
  labels: labels.default({}),
});
export type NewHost = z.output<typeof newHost>;

export const hostPatch = z.strictObject({
  name: hostName.optional(),
  address: hostAddress.optional(),
  port: hostPort.optional(),
  user: hostUser.optional(),
  sudo: sudo.optional(),
  hostKey: hostKey.optional(),
  hostKeyTrust: trust.default("verified").describe("Of the new host key, when one is given."),
  credential: credential.optional(),
  bastion: bastion.optional(),
  labels: labels.optional().describe("Replaces all labels."),
});
export type HostPatch = z.output<typeof hostPatch>;

const healthStates = [
  "healthy",
  "unreachable",
  "host-key",
  "authentication",
  "deadline",
  "output-cap",
  "remote-exit",
] as const;

export const host = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  port: z.number(),
  user: z.string(),
  sudo,
  hostKey: z.object({
    type: z.string(),
    line: z.string(),
    fingerprint: z.string(),
    trust,
    acceptedBy: z.string().describe("Who said that this key is the host's."),
    acceptedAt: z.string(),
  }),
  credential: z.string().nullable(),
  bastion: z.string().nullable(),
  labels,
  health: z
    .object({
      state: z.enum(healthStates),
      message: z.string().nullable().describe("What is wrong; null: nothing."),
      system: z.string().nullable().describe("System, kernel release and machine."),
      uptimeSeconds: z.number().nullable(),
      milliseconds: z.number().describe("How long that took, the login included where one was needed."),
      checkedAt: z.string(),
    })
    .nullable()
    .describe("What the last check or scan found; null: none since the host was added or moved."),
  version: z.number().describe("Raised by each change; the ETag."),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Host = z.output<typeof host>;
export const hostPage = pageReply(host);
export const hostParams = z.strictObject({ id: hostId });
export const hostQuery = pageQuery.extend({
  name: hostName.optional().describe("The host of this name only."),
  selector: z
    .string()
    .max(2000)
    .regex(/^[A-Za-z0-9][^,=]*=[^,=]*(,[A-Za-z0-9][^,=]*=[^,=]*)*$/, "expected name=value, more after commas")
    .optional()
    .describe("Labels that a host must all have, such as env=prod,role=web."),
  group: hostName.optional().describe("Name of a group: its hosts only."),
  credential: credentialId.optional().describe("Hosts that are logged in to with it."),
});
export type HostQuery = z.output<typeof hostQuery>;

export const hostKeyRequest = z.strictObject({ address: hostAddress, port: hostPort.default(22) });
export const shownHostKeys = z.object({
  address: z.string(),
  port: z.number(),
  keys: z
    .array(z.object({ type: z.string(), line: z.string(), fingerprint: z.string() }))
    .describe("Best first. Whoever accepts one gives its line as `hostKey`, with `hostKeyTrust` first-use."),
});
export type ShownHostKeys = z.output<typeof shownHostKeys>;

const configText = z
  .string()
  .max(500_000)
  .refine((text) => !/[^\P{Cc}\n\r\t]/u.test(text), "must be text without control characters");

export const hostImport = z.strictObject({
  config: configText.min(1).describe("Text of an OpenSSH client configuration (`~/.ssh/config`)."),
  knownHosts: configText
    .default("")
    .describe(
      "Text of a known_hosts file: the keys that the hosts are pinned to. Hashed names are read too.",
    ),
  user: hostUser.nullable().default(null).describe("For hosts whose configuration names none."),
  sudo: sudo.default(false),
  credential: credential.default(null),
  labels: labels.default({}),
  dryRun: z.boolean().default(false).describe("true: only say what would be taken."),
});
export type HostImport = z.output<typeof hostImport>;

export const refusals = [
  "match",
  "include",
  "syntax",
  "name",
  "name-taken",
  "address",
  "port",
  "user",
  "no-host-key",
  "revoked-host-key",
  "proxy-command",
  "proxy-jump",
] as const;

export const importReport = z.object({
  taken: z.array(
    z.object({
      id: z.string().nullable().describe("null on a dry run."),
      name: z.string(),
      address: z.string(),
      port: z.number(),
      user: z.string(),
      fingerprint: z.string(),
      bastion: z.string().nullable().describe("Name of the host that it is reached through."),
    }),
  ),
  refused: z.array(
    z.object({
      line: z.number().describe("In the configuration; the first is 1."),
      name: z.string().nullable().describe("The host; null: a whole section."),
      reason: z.enum(refusals),
      message: z.string(),
    }),
  ),
  ignored: z
    .array(z.object({ line: z.number(), keyword: z.string() }))
    .describe("Settings that have no place here, such as IdentityFile: keys are credentials."),
});
export type ImportReport = z.output<typeof importReport>;

export const newGroup = z.strictObject({
  name: hostName,
  selector: labels
    .refine((map) => Object.keys(map).length > 0, "expected at least one label")
    .describe("Labels that a host must all have to belong to it."),
});
export type NewGroup = z.output<typeof newGroup>;
export const group = z.object({
  id: z.string(),
  name: z.string(),
  selector: labels,
  hosts: z.number().describe("Hosts that belong to it now."),
  createdAt: z.string(),
});
export type Group = z.output<typeof group>;
export const groupPage = pageReply(group);
export const groupQuery = pageQuery;
export const groupParams = z.strictObject({ id: groupId });
