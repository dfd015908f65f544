import { z } from "zod";
import { noopProvider } from "../../plugins/noop/index.ts";
import type { Resource as ResourceClass } from "../../plugins/noop/sdk.ts";
import { defineProvider } from "../../plugins/provider/index.ts";
import { wholeNumber } from "../../stacks/fields.ts";
import { type Builtins, builtins as ours } from "../../stacks/index.ts";

/** A stack of resources that touch nothing, for tests and benches of everything around a provider. */
const noopConfig = z.strictObject({
  count: wholeNumber(0, 10_000).default(3),
  payload: z.string().default(""),
  delayMilliseconds: wholeNumber(0, 60_000).default(0),
  /** The operation of this name fails on the last resource. */
  fail: z.enum(["create", "update", "delete"]).optional(),
  worldPath: z.string().optional(),
  /** The program itself throws. */
  throws: z.string().optional(),
});

async function noopProgram(config: z.output<typeof noopConfig>) {
  const { Resource } = (await import("../../plugins/noop/sdk.ts")) as { Resource: typeof ResourceClass };
  const { count, payload, delayMilliseconds, fail, worldPath, throws } = config;
  if (throws) throw new Error(throws);
  for (let index = 0; index < count; index++) {
    new Resource(`r${index}`, {
      payload,
      delayMilliseconds,
      worldPath,
      fail: index === count - 1 ? fail : undefined,
    });
  }
  return { count, payload };
}

/** Trusts whatever machine answers, which no policy allows. Nothing is contacted. */
async function unpinnedProgram() {
  const { remote } = await import("@pulumi/command");
  new remote.Command("run", { connection: { host: "192.0.2.1", user: "root" }, create: "true" });
  return {};
}

/** A key that does not rotate and says of no stage that it is its own. */
async function keyProgram() {
  const { Key } = await import("@pulumi/aws/kms/key.js");
  new Key("key", { enableKeyRotation: false });
  return {};
}

/** Makes keys of AWS of nothing. */
const keyProvider = defineProvider({
  name: "aws",
  version: "7.48.0",
  resources: {
    "aws:kms/key:Key": {
      create: async ({ name }, { inputs }) => ({ id: `${name}-id`, state: inputs }),
      update: async (_context, { inputs }) => inputs,
      delete: async () => {},
    },
  },
});

export const builtins: Builtins = {
  ...ours,
  key: {
    description: "Breaks a policy, and is repaired by another",
    config: z.strictObject({}),
    load: async () => keyProgram,
  },
  unpinned: {
    description: "Breaks a policy",
    config: z.strictObject({}),
    load: async () => unpinnedProgram,
  },
  noop: { description: "Resources that touch nothing", config: noopConfig, load: async () => noopProgram },
};

export const providers = { noop: noopProvider, aws: keyProvider };
