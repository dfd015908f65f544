import { defineProvider } from "../provider/index.ts";
import { readConfig } from "./config.ts";
import { copyFile } from "./copy-file.ts";
import { copyToRemote } from "./copy-to-remote.ts";
import { localCommand, localRun } from "./local-command.ts";
import { remoteCommand } from "./remote-command.ts";

/**
 * The provider of the package `@pulumi/command`, with state that the official one reads and writes as well.
 * It hides secrets in logs, errors and outputs, and a cancel ends the whole process group of a command.
 */
export const commandProvider = defineProvider({
  name: "command",
  version: "1.2.1",
  configure: (_context, config) => readConfig(config),
  resources: {
    "command:local:Command": localCommand,
    "command:remote:Command": remoteCommand,
    "command:remote:CopyFile": copyFile,
    "command:remote:CopyToRemote": copyToRemote,
  },
  functions: { "command:local:run": localRun },
});
