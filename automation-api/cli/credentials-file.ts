import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { RoostError } from "../errors.ts";
import type { Context } from "./context.ts";

/** Logins of this user, by the exact origin of the server that each token belongs to. */
const credentials = z.object({
  /** Server that is used when none is named. */
  current: z.string().optional(),
  servers: z.record(
    z.string(),
    z.object({ token: z.string(), account: z.string(), organization: z.string() }),
  ),
});
export type Credentials = z.output<typeof credentials>;

export function credentialsPath({ env, home }: Pick<Context, "env" | "home">): string {
  return path.join(env.XDG_CONFIG_HOME || path.join(home, ".config"), "roost", "credentials.json");
}

/**
 * The logins that are kept; none when there is no file.
 * @throws invalid when others can read the file, or it is no file of ours.
 */
export async function readCredentials(context: Pick<Context, "env" | "home">): Promise<Credentials> {
  const file = credentialsPath(context);
  const found = await stat(file).catch(() => undefined);
  if (!found) return { servers: {} };
  if ((found.mode & 0o077) !== 0) {
    throw new RoostError(
      "invalid",
      `${file} holds tokens and can be read by other users: run \`chmod 600 ${file}\`, and revoke the tokens if others use this machine.`,
    );
  }
  try {
    return credentials.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new RoostError("invalid", `${file} is damaged: remove it and log in again.`, { cause });
  }
}

/** Keeps a login and makes its server the current one. @returns the file. */
export async function keepLogin(
  context: Pick<Context, "env" | "home">,
  origin: string,
  login: Credentials["servers"][string],
): Promise<string> {
  const file = credentialsPath(context);
  const before = await readCredentials(context);
  const after: Credentials = { current: origin, servers: { ...before.servers, [origin]: login } };
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await chmod(path.dirname(file), 0o700);
  const part = `${file}.${process.pid}`;
  await writeFile(part, `${JSON.stringify(after, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(part, file);
  return file;
}
