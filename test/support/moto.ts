import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { pythonPrograms } from "./python.ts";

const startMilliseconds = 60_000;

/** A running emulator of AWS. */
export interface Moto {
  url: string;
  close(): Promise<void>;
}

/**
 * Where moto is: installed once, which needs a package registry.
 * @returns undefined, with the reason printed, when it cannot be installed
 * @throws Error then in CI, where nothing is skipped for want of an install
 */
export async function installMoto(): Promise<string | undefined> {
  try {
    return join(await pythonPrograms("moto==5.2.3", "flask==3.1.3", "flask-cors==6.0.5"), "moto_server");
  } catch (error) {
    if (process.env.CI) throw error;
    process.stderr.write(`moto cannot be installed, its tests are skipped: ${String(error)}\n`);
    return undefined;
  }
}

/**
 * Starts moto, in which tasks stay as they are: without that each look at a task moves it towards its end.
 * @param program from `installMoto`
 * @throws Error when it does not start
 */
export async function startMoto(program: string): Promise<Moto> {
  const port = await freePort();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-4_000);
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilAnswers(url, child);
    const transition = { model_name: "ecs::task", transition: { progression: "manual", times: 100_000 } };
    const body = JSON.stringify(transition);
    const headers = { "content-type": "application/json" };
    await fetch(`${url}/moto-api/state-manager/set-transition`, { method: "POST", headers, body });
  } catch (error) {
    await end(child);
    throw new Error(`moto did not start: ${said}`, { cause: error });
  }
  return { url, close: () => end(child) };
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  const limit = Date.now() + startMilliseconds;
  while (Date.now() < limit && child.exitCode === null) {
    const reply = await fetch(`${url}/moto-api/`).catch(() => undefined);
    await reply?.body?.cancel();
    if (reply?.ok) return;
    await wait(100);
  }
  throw new Error("it does not answer");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** moto takes no port 0. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
