// Loads the product with its kill points: each says where its process is, and waits there while the switchboard has
// something killed. `KILL_POINTS` names a file with `instrumentedSources`, `KILL_POINTS_PORT` the switchboard's port.

import { readFileSync } from "node:fs";
import { enableCompileCache, flushCompileCache, registerHooks } from "node:module";
import { connect } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Armed, FromProcess, ToProcess } from "./switchboard.ts";

const sources: Record<string, string> = JSON.parse(readFileSync(process.env.KILL_POINTS as string, "utf8"));
registerHooks({
  load(url, context, nextLoad) {
    const source = sources[url];
    return source === undefined
      ? nextLoad(url, context)
      : { format: "module-typescript", source, shortCircuit: true };
  },
});

// They are started again and again, and never end in a way in which they could write it.
enableCompileCache(dirname(process.env.KILL_POINTS as string));
setTimeout(flushCompileCache, 5_000).unref();

const socket = connect(Number(process.env.KILL_POINTS_PORT), "127.0.0.1");
const send = (message: FromProcess) => socket.write(`${JSON.stringify(message)}\n`);
let armed: Armed | null = null;
let release: (() => void) | undefined;

const lines = createInterface({ input: socket });
lines.on("line", (line) => {
  const message = JSON.parse(line) as ToProcess;
  armed = message.armed;
  if (armed === null) release?.();
});
// Without a switchboard nothing is waited for.
for (const each of [socket, lines]) each.on("error", () => undefined);
socket.on("close", () => {
  armed = null;
  release?.();
});
send({ pid: process.pid });

Object.assign(globalThis, {
  killPoint<T>(point: string, moment: Armed["moment"], value?: T): T | Promise<T> {
    if (armed?.point !== point || armed.moment !== moment || release !== undefined) return value as T;
    send({ at: point });
    return new Promise<T>((resolve) => {
      release = () => {
        release = undefined;
        resolve(value as T);
      };
    });
  },
});
