import { z } from "zod";
import { workloadNames } from "../../host-provisioning/benchmark/index.ts";
import { secretText, structured, text, wholeNumber } from "../fields.ts";

const hop = {
  address: text(/^[A-Za-z0-9:][A-Za-z0-9_.:-]{0,252}$/, "a host name or an IP address").describe(
    "Where it is reached.",
  ),
  port: wholeNumber(1, 65_535).describe("Port of its SSH server."),
  user: text(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, "a user name").describe("Who to log in as."),
  hostKey: text(
    /^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}$/,
    "a host key such as `ssh-ed25519 AAAA…`",
  ).describe("The one key that it is known by."),
  login: text(/^roost-agent:hst_[0-9a-z]{26}$/, "the name of a login that the platform holds").describe(
    "Name of the key to log in with; the key itself is in the runner's memory alone.",
  ),
};

export const hostConfig = z.strictObject({
  ...hop,
  sudo: structured(z.boolean())
    .default(false)
    .describe("Whether it is run by sudo, which asks for no password."),
  bastion: structured(z.strictObject(hop)).optional().describe("The host that it is reached through."),
  action: text(/^[a-z0-9_]{1,64}$/, "the name of an action").describe(
    "The one action of this deployment. One that is done leaves the stack, and stays done.",
  ),
  arguments: text(/^(apply|confirm|rollback (stop|keep|replace))$/, "a verb of an action").describe(
    "What is done of it.",
  ),
  benchmark: structured(
    z.strictObject({
      workloads: z.array(z.enum(workloadNames)).min(1),
      seconds: wholeNumber(5, 1200),
      isChange: z.boolean(),
    }),
  )
    .optional()
    .describe("The action is measured once it is applied, and stays only when nothing became worse by it."),
  script: secretText().describe("The action's script, compressed by gzip, in base64."),
});

export type HostConfig = z.infer<typeof hostConfig>;
