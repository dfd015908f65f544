import { createRequire } from "node:module";
import { join } from "node:path";
import { askedEnvironment } from "../process/environment.ts";
import { launch } from "../process/launch.ts";

// Runs a plugin whose code is, or can be made to run, a user's: under the user that programs have, where there is
// such a one, and in any case without what belongs to the engine. Arguments: the plugin's executable, its arguments.
// Without an executable ("-"): the SDK's provider of dynamic resources, as found from the program's folder.

const [executable = "-", ...args] = process.argv.slice(2);

const program =
  executable === "-"
    ? [
        process.execPath,
        createRequire(join(process.cwd(), "program.js")).resolve(
          "@pulumi/pulumi/cmd/dynamic-provider/index.js",
        ),
      ]
    : [executable];

const child = launch({
  command: [...program, ...args],
  cwd: process.cwd(),
  env: askedEnvironment("*"),
  as: "program",
});
child.stdout.pipe(process.stdout);
child.stderr.pipe(process.stderr);

process.on("SIGINT", () => child.kill("SIGINT"));
process.on("SIGTERM", () => child.kill("SIGTERM"));
// The engine holds the other end for as long as it lives.
process.stdin.on("end", () => child.kill("SIGKILL")).on("error", () => child.kill("SIGKILL"));
process.stdin.resume();

child.exited.then(
  ({ code }) => process.exit(code ?? 1),
  (error: Error) => {
    process.stderr.write(`the plugin could not be started: ${error.message}\n`);
    process.exit(1);
  },
);
