import messages from "@pulumi/pulumi/proto/language_pb.js";
import type { LaunchRequest } from "../process/launch.ts";
import type { Children } from "./children.ts";
import { type RuntimeOptions, readOptions } from "./options.ts";
import { programEnvironment } from "./program-environment.ts";
import { findSdkCommand } from "./sdk.ts";

/** With this code the SDK's runner says: the error was already shown to the user. */
const alreadyReported = 32;

/** Runs a project's program to its end. A failed program is an answer, not an error. */
export async function runProgram(
  request: messages.RunRequest,
  engineAddress: string,
  children: Children,
): Promise<messages.RunResponse> {
  const response = new messages.RunResponse();
  const options = readOptions(request.getInfo());
  const exit = await children.run(programCommand(request, engineAddress, options), {
    stdout: (chunk) => process.stdout.write(chunk),
    stderr: (chunk) => process.stderr.write(chunk),
  });
  if (exit.code === alreadyReported) response.setBail(true);
  else if (exit.code !== 0) {
    const how = exit.signal ? `was ended by ${exit.signal}` : `exited with code ${exit.code}`;
    response.setError(`the program ${how}`);
  }
  return response;
}

/** The command line and environment with which the SDK runs a program. */
export function programCommand(
  request: messages.RunRequest,
  engineAddress: string,
  options: RuntimeOptions,
): LaunchRequest {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() || request.getPwd();
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info?.getRootDirectory() ?? directory,
    stack: request.getStack(),
    pwd: directory,
    parallel: String(request.getParallel()),
  };
  const additions: Record<string, string> = {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(options.typescript),
  };
  if (options.tsconfig) additions.PULUMI_NODEJS_TSCONFIG_PATH = options.tsconfig;
  return {
    command: [
      process.execPath,
      ...options.nodeArguments,
      findSdkCommand(directory, "run"),
      ...Object.entries(flags).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value])),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() || request.getProgram() || ".",
      ...request.getArgsList(),
    ],
    cwd: directory,
    env: programEnvironment(additions, options.environment),
    as: "program",
  };
}
