import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { baseEnvironment } from "../../../plugins/process/index.ts";
import { runBounded } from "../../bounded-command.ts";

const program = fileURLToPath(new URL("./answer.sh", import.meta.url));
const makeMilliseconds = 5_000;
/** ssh asks once for each of two methods; a server may ask twice in one. */
const mostQuestions = 4;

export interface Answers {
  /** What ssh's environment needs: names of files only. */
  environment: Record<string, string>;
  /** Nothing is answered from now on, and nothing is left. */
  close(): Promise<void>;
}

/**
 * Lets an ssh that is started with its environment log in with a password. That is in a pipe's memory for as long as a
 * login takes, and in no file, argument list or environment.
 * @param path of the pipe, in a folder of ours alone.
 */
export async function offerPassword(path: string, password: string): Promise<Answers> {
  const command = ["mkfifo", "-m", "600", path];
  const { code, stderr } = await runBounded({
    ...{ command, cwd: "/", env: baseEnvironment(), timeLimitMs: makeMilliseconds },
  });
  if (code !== 0) throw new Error(`mkfifo ended with ${code}: ${stderr}`);
  // For both ends, so that neither opening nor writing waits for a reader.
  const pipe = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  await pipe.write(`${password}\n`.repeat(mostQuestions));
  return {
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force", ROOST_ANSWERS: path },
    async close() {
      await pipe.close();
      await rm(path, { force: true });
    },
  };
}
