// node place-plugins.mjs <folder>: puts our plugins beside the CLI in that folder.

import process from "node:process";
import { installPlugins } from "../../plugins/install.ts";

const folder = process.argv[2];
if (!folder) throw new Error("usage: place-plugins.mjs <folder of the CLI>");
await installPlugins(folder);
