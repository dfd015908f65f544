import { baseEnvironment } from "../../plugins/process/index.ts";
import { runBounded } from "../bounded-command.ts";
import { type PublicKey, readPublicKey } from "../credentials/service.ts";
import { RoostError } from "../errors.ts";
import { bestFirst } from "./known-hosts.ts";

/** For each of the connections that ssh-keyscan makes side by side, one for each type of key. */
const dialSeconds = 5;
const wholeMilliseconds = 10_000;

/**
 * The public keys that a machine shows to anybody who asks, best first. That they are the
 * machine's own is not shown by this: whoever answers at the address could be another.
 * @throws unprocessable when no SSH server answers in 5 s.
 */
export async function scanHostKeys(
  address: string,
  port: number,
  signal?: AbortSignal,
): Promise<PublicKey[]> {
  const { stdout } = await runBounded({
    command: ["ssh-keyscan", "-T", String(dialSeconds), "-p", String(port), "--", address],
    cwd: "/",
    env: baseEnvironment(),
    timeLimitMs: wholeMilliseconds,
    signal,
  });
  const lines = stdout.split("\n").filter((line) => /^\S+ (ssh|ecdsa)-\S+ \S+$/.test(line));
  const keys = lines.map((line) => readPublicKey(line.slice(line.indexOf(" ") + 1), "hostKey"));
  if (keys.length === 0) {
    throw new RoostError(
      "unprocessable",
      `No SSH server showed a host key at ${address} port ${port} within ${dialSeconds} s.`,
    );
  }
  return bestFirst(keys);
}
