import { parseArgs } from "node:util";
import { admitUser } from "../provider/peer-user.ts";
import type { Loader } from "./pack.ts";
import { servePack } from "./server.ts";

// usage: main.ts [--loader node|sdk|sdk-typescript] [--detached] [--admit USER] <folder of the pack> [engine address]
const { values, positionals } = parseArgs({
  options: {
    loader: { type: "string", default: "node" },
    // Its input says nothing: whoever started it ends it.
    detached: { type: "boolean", default: false },
    // Number of the only user who may ask it. Default: every user of this machine.
    admit: { type: "string" },
  },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error("the folder of the policy pack is missing");

if (!values.detached) {
  // Started by the engine itself, which holds the other end for as long as it lives.
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0));
  process.stdin.resume();
}
const admit = values.admit === undefined ? () => true : admitUser(Number(values.admit));
process.stdout.write(`${await servePack(folder, values.loader as Loader, admit)}\n`);
