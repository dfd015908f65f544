/** Unpacks one program or policy pack with the rights of what the user supplies. Order on standard input, one line of JSON per message out. */
import { chmod, lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { json } from "node:stream/consumers";
import { messageOf } from "../errors.ts";
import { unpackPack } from "../programs/pack.ts";
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
  const order = (await json(process.stdin)) as UnpackOrder;
  const options = { log: (log: string) => say({ log }) };
  if (order.what === "pack") {
    // Of nobody else's concern: only who serves it reads it.
    say({ place: await unpackPack(order.source, order.into, options) });
  } else {
    const place = await unpackProgram(order.source, order.into, options);
    await share(path.join(order.into, "program"));
    say({ place });
  }
} catch (error) {
  say({ error: messageOf(error) });
}
