import { serveHost } from "./host.ts";

// The engine's address is the last argument; flags may come before it.
const host = await serveHost(process.argv.at(-1) ?? "");

// The engine waits for this process to leave at the end of each operation, so it leaves with its children.
const leave = async (): Promise<void> => {
  await host.end();
  process.exit(0);
};
process.on("SIGINT", () => void leave());
process.on("SIGTERM", () => void leave());
// The engine holds the other end for as long as it lives.
process.stdin.on("end", () => void leave()).on("error", () => void leave());
process.stdin.resume();
process.stdout.write(`${host.port}\n`);
