import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder, contentKey, withLock } from "../../toolchain/bootstrap/cache.mjs";
import { run } from "../../toolchain/bootstrap/process.mjs";

const INSTALL_LIMIT_MS = 240_000;

/**
 * The folder of programs of a Python environment that holds these packages and what they need, made once for
 * each set and kept in the per-user cache.
 *
 * @param packages with exact versions, such as "cfn-lint==1.58.0"
 * @throws Error with the end of what pip says
 */
export async function pythonPrograms(...packages: string[]): Promise<string> {
  const folder = join(
    cacheFolder(process.env, process.getuid?.(), homedir()),
    "python",
    contentKey(packages),
  );
  const whole = join(folder, "complete");
  // Programs of an environment name its folder, so it is made in its place and marked when it is whole.
  await withLock(`${folder}.lock`, {
    work: async () => {
      if (existsSync(whole)) return;
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await must("python3", ["-m", "venv", folder]);
      await must(join(folder, "bin", "pip"), [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        ...packages,
      ]);
      writeFileSync(whole, `${packages.join("\n")}\n`);
    },
  });
  return join(folder, "bin");
}

async function must(command: string, args: string[]): Promise<void> {
  const { code, tail } = await run(command, args, { limitMs: INSTALL_LIMIT_MS });
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}:\n${tail.join("\n")}`);
}
