/**
 * What a person's own program process would be: it has imported the SDK, holds the program, serves the provider,
 * and starts the CLI, once. Like a runner it is new for each update, so that both are equally cold.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import * as grpc from "@grpc/grpc-js";
import { LocalWorkspace, type PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import { serveProvider } from "../../plugins/provider/index.ts";
import { runBuiltin } from "../../stacks/run.ts";
import { builtins, providers } from "../../test/support/catalogue.ts";
import { cpuSeconds } from "./processes.ts";

export interface Order {
  /** One call of the CLI, or the Automation API's `stack.up()`. */
  way: "cli" | "up";
  engine: string;
  /** Of the project file and the stack's configuration. */
  folder: string;
  stack: string;
  env: Record<string, string>;
}

export interface Done {
  /** From the start of the CLI to its exit, or of `stack.up()`. */
  milliseconds: number;
  /** Of this process and all that it started, from its own start on. */
  cpuSeconds: number;
  /** What was said, when it failed. */
  failure?: string;
}

const require = createRequire(import.meta.url);
const { LanguageServer } = require("@pulumi/pulumi/automation/server.js") as {
  LanguageServer: new (program: PulumiFn) => grpc.UntypedServiceImplementation;
};
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js") as {
  LanguageRuntimeService: grpc.ServiceDefinition;
};

const program = () => runBuiltin("noop", builtins);
const { port: providerPort } = await serveProvider(providers.noop);
const languagePort = await serveLanguage();

async function serveLanguage(): Promise<number> {
  const server = new grpc.Server();
  server.addService(LanguageRuntimeService, new LanguageServer(program));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

async function callCli({ engine, folder, stack, env }: Order): Promise<number> {
  const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack];
  const begun = performance.now();
  const child = spawn(engine, [...args, `--client=127.0.0.1:${languagePort}`], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const milliseconds = performance.now() - begun;
  if (code !== 0) throw new Error(`pulumi ended with code ${code}:\n${said.slice(-3000)}`);
  return milliseconds;
}

async function callUp({ folder, stack, env }: Order): Promise<number> {
  const workspace = await LocalWorkspace.create({ workDir: folder, program, envVars: env });
  const selected = await Stack.select(stack, workspace);
  const begun = performance.now();
  await selected.up();
  return performance.now() - begun;
}

async function run(order: Order): Promise<Done> {
  const env = { ...order.env, PULUMI_DEBUG_PROVIDERS: `noop:${providerPort}` };
  const call = order.way === "cli" ? callCli : callUp;
  const milliseconds = await call({ ...order, env });
  return { milliseconds, cpuSeconds: cpuSeconds([process.pid]) };
}

process.once("message", (order: Order) => {
  run(order)
    .catch((error: Error): Done => ({ milliseconds: 0, cpuSeconds: 0, failure: error.message }))
    .then((done) => process.send?.(done, () => process.exit(0)));
});
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
