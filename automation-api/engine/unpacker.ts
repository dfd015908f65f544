/** Unpacks one program with the rights of what the user supplies. Order on standard input, one line of JSON per message out. */
import { chmod, lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { json } from "node:stream/consumers";
import { messageOf } from "../errors.ts";
import { unpackProgram } from "../programs/unpack.ts";
import type { UnpackLine, UnpackOrder } from "./placement.ts";

function say(line: UnpackLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * The engine, another user of this folder's group, reads the program and
 * writes the stack's settings beside it. Packages are as npm leaves them.
 */
async function share(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules") await share(full);
    if (entry.isFile()) await chmod(full, (await lstat(full)).mode | 0o060);
  }
  await chmod(folder, (await lstat(folder)).mode | 0o070);
}

try {
  const { source, into } = (await json(process.stdin)) as UnpackOrder;
  const place = await unpackProgram(source, into, { log: (log) => say({ log }) });
  await share(path.join(into, "program"));
  say({ place });
} catch (error) {
  say({ error: messageOf(error) });
}
