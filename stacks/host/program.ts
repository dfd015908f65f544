import { gunzipSync } from "node:zlib";
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { benchmark } from "./benchmark.ts";
import type { HostConfig } from "./config.ts";

/**
 * One change of one host. The stack holds the last action only: the next one takes its place, and as nothing is run
 * for what leaves the stack, what was done stays. To undo it is an action of its own.
 */
export async function program(config: HostConfig) {
  const { bastion, action } = config;
  const script = pulumi.secret(gunzipSync(Buffer.from(config.script, "base64")).toString("utf8"));
  const connection = { ...connectionOf(config), ...(bastion && { proxy: connectionOf(bastion) }) };
  const run = (name: string, words: string) =>
    new remote.Command(
      name,
      {
        connection,
        // What is done stands in the script's own arguments: a host's user may be allowed this one command.
        create: `exec ${config.sudo ? "sudo -n " : ""}/bin/sh -s ${words}`,
        stdin: script,
        // How far it is; what it replies is no line of a log.
        logging: remote.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { retainOnDelete: true, customTimeouts: { create: "30m", update: "30m" } },
    ).stdout;
  // Words of ours: states, counts, paths and public keys.
  const reply = pulumi.unsecret(run(action, config.arguments));
  const asked = { action, arguments: config.arguments, reply };
  if (config.benchmark === undefined) return asked;
  const runNext = (step: string, words: string) => run(`${action}-${step}`, words);
  return { ...asked, benchmark: benchmark(reply, runNext, config.benchmark) };
}

function connectionOf(
  hop: Pick<HostConfig, "address" | "port" | "user" | "hostKey" | "login">,
): types.input.remote.ConnectionArgs {
  return {
    host: hop.address,
    port: hop.port,
    user: hop.user,
    hostKey: hop.hostKey,
    agentSocketPath: hop.login,
    dialErrorLimit: 3,
    perDialTimeout: 10,
  };
}
