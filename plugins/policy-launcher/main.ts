import { parseArgs } from "node:util";
import type { Loader } from "./pack.ts";
import { servePack } from "./server.ts";

// usage: main.ts [--loader node|sdk|sdk-typescript] <folder of the pack> <engine address>
const { values, positionals } = parseArgs({
  options: { loader: { type: "string", default: "node" } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error("the folder of the policy pack is missing");

if (values.loader === "node") {
  // Started by the engine itself, which holds the other end for as long as it lives. A language host that
  // starts this has no input for it, and ends it together with itself.
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0));
  process.stdin.resume();
}
process.stdout.write(`${await servePack(folder, values.loader as Loader)}\n`);
