import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { aliasScript, type FoundAlias, readListing } from "../../host-provisioning/terminal/index.ts";
import { RoostError } from "../errors.ts";

const limits = { timeout: 60_000, maxBuffer: 16 * 1024 * 1024, encoding: "buffer" } as const;

type Outcome =
  | { found: false }
  | { found: true; code: number | string | null; stdout: Buffer; stderr: string };

/** Runs a script by the zsh of this machine, without any of its user's files. */
async function runZsh(script: string, args: string[]): Promise<Outcome> {
  const folder = await mkdtemp(path.join(tmpdir(), "roost-zsh-"));
  try {
    const file = path.join(folder, "script");
    await writeFile(file, script);
    return await new Promise<Outcome>((resolve) => {
      execFile("zsh", ["-f", file, ...args], limits, (error, stdout, stderr) => {
        const code = error ? ((error.code as number | string | undefined) ?? null) : 0;
        resolve(code === "ENOENT" ? { found: false } : { found: true, code, stdout, stderr: String(stderr) });
      }).stdin?.end();
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checks and compiles a configuration. @returns false when this machine has no zsh. @throws for one that zsh refuses. */
export async function compileHere(file: string, provision: string): Promise<boolean> {
  const outcome = await runZsh(provision, [file]);
  if (outcome.found && outcome.code !== 0)
    throw new RoostError("unprocessable", `zsh does not take ${file}: ${outcome.stderr.slice(0, 500)}`);
  return outcome.found;
}

/** The aliases that shell files define. @throws unavailable without zsh; unprocessable when they end it too early. */
export async function listHere(files: string[]): Promise<(FoundAlias & { source: string })[]> {
  const outcome = await runZsh(aliasScript, files);
  if (!outcome.found)
    throw new RoostError("unavailable", "There is no zsh on this machine to run them with.");
  const found = readListing(outcome.stdout);
  if (!found)
    throw new RoostError("unprocessable", "The files end the shell in a way that tells nothing of it.");
  const source = files.map((file) => path.basename(file)).join(", ");
  return found.map((alias) => ({ ...alias, source: source.slice(0, 300) }));
}
