// Runs the installer that Pulumi's SDK carries, for the CLI of the SDK's own version:
//   node official-installer.mjs <folder>      the CLI is then <folder>/bin/pulumi
// A process of its own, so that its time can be limited.

import process from "node:process";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";

await PulumiCommand.install({ root: process.argv[2] });
