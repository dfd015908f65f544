import { fileURLToPath } from "node:url";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import type { LaunchRequest } from "../process/launch.ts";
import type { Children } from "./children.ts";
import { readOptions } from "./options.ts";
import { programEnvironment } from "./program-environment.ts";
import { findSdkCommand } from "./sdk.ts";

/** Runs a policy pack or a provider whose folder holds Node code, passing on what it prints. */
export async function runPlugin(
  request: messages.RunPluginRequest,
  children: Children,
  send: (message: messages.RunPluginResponse) => void,
): Promise<void> {
  const exit = await children.run(pluginCommand(request), {
    stdout: (chunk) => send(new messages.RunPluginResponse().setStdout(chunk)),
    stderr: (chunk) => send(new messages.RunPluginResponse().setStderr(chunk)),
  });
  // A signal has no exit code of its own; what matters to the engine is that it was no success.
  send(new messages.RunPluginResponse().setExitcode(exit.code ?? 1));
}

const policyLauncher = fileURLToPath(new URL("../policy-launcher/main.ts", import.meta.url));

function pluginCommand(request: messages.RunPluginRequest): LaunchRequest {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() || request.getPwd();
  const options = readOptions(info);
  const isPolicyPack = request.getKind() === "analyzer";
  const loader = options.typescript ? "sdk-typescript" : "sdk";
  const command = isPolicyPack
    ? [policyLauncher, "--detached", "--loader", loader, folder]
    : [findSdkCommand(folder, "run-plugin"), folder];
  const given = request.getEnvList().map((entry): [string, string] => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  return {
    command: [process.execPath, ...options.nodeArguments, ...command, ...request.getArgsList()],
    cwd: isPolicyPack ? folder : request.getPwd() || folder,
    env: programEnvironment({}, options.environment, { ...process.env, ...Object.fromEntries(given) }),
  };
}
