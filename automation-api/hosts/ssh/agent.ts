import path from "node:path";
import { baseEnvironment, type Child, launch } from "../../../plugins/process/index.ts";
import { runBounded } from "../../bounded-command.ts";
import { RoostError } from "../../errors.ts";

/** A key is in the agent for as long as a login takes; a connection that stands needs it no more. */
const keySeconds = 60;
const addMilliseconds = 5_000;

/**
 * An ssh-agent of this process, which ends with it. Private keys reach it on standard input and are
 * written nowhere; no host can ask it, as it is never forwarded.
 */
export class KeyAgent {
  readonly socket: string;
  readonly #folder: string;
  #child: Child | undefined;
  #started: Promise<void> | undefined;
  /** By public key; asked for again at half the time that the agent keeps it. */
  readonly #added = new Map<string, { until: number; done: Promise<void> }>();

  /** @param folder a folder of ours alone. */
  constructor(folder: string) {
    this.#folder = folder;
    this.socket = path.join(folder, "agent");
  }

  /** Ends when the agent has the key, for as long as a login takes; many logins by one key ask for it once. */
  async add({ privateKey, publicKey }: { privateKey: string; publicKey: string }): Promise<void> {
    for (const [key, { until }] of this.#added) if (until < Date.now()) this.#added.delete(key);
    const known = this.#added.get(publicKey);
    if (known) return known.done;
    const added = { until: Date.now() + (keySeconds / 2) * 1000, done: this.#add(privateKey) };
    this.#added.set(publicKey, added);
    added.done.catch(() => this.#added.delete(publicKey));
    return added.done;
  }

  async #add(privateKey: string): Promise<void> {
    this.#started ??= this.#start();
    await this.#started;
    const { code } = await runBounded({
      command: ["ssh-add", "-q", "-t", String(keySeconds), "-"],
      cwd: this.#folder,
      env: { ...baseEnvironment(), SSH_AUTH_SOCK: this.socket },
      stdin: privateKey.endsWith("\n") ? privateKey : `${privateKey}\n`,
      timeLimitMs: addMilliseconds,
    });
    if (code !== 0) throw new RoostError("unprocessable", "The private key cannot be read by ssh-add.");
  }

  close(): void {
    this.#child?.kill("SIGKILL");
  }

  async #start(): Promise<void> {
    const command = ["ssh-agent", "-D", "-a", this.socket];
    const child = launch({ command, cwd: this.#folder, env: baseEnvironment() });
    this.#child = child;
    child.exited
      .catch(() => undefined)
      .then(() => {
        this.#started = undefined;
        this.#added.clear();
      });
    child.stderr.resume();
    // It prints its variables once the socket is there.
    await Promise.race([
      new Promise((resolve) => child.stdout.once("data", resolve)),
      child.exited.then(() => {
        throw new RoostError("unavailable", "ssh-agent ended at once.");
      }),
    ]);
    child.stdout.resume();
  }
}
