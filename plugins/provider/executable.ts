import type { ProviderDefinition } from "./provider.ts";
import { serveProvider } from "./server.ts";

/**
 * Runs a provider as a plugin executable: prints its port as the first line of standard output, and exits when
 * the engine that started it closes its standard input, also when that engine was killed.
 */
export async function runExecutable(provider: ProviderDefinition): Promise<void> {
  const engineAddress = process.argv.at(-1);
  const served = await serveProvider(provider, engineAddress?.includes(":") ? { engineAddress } : {});
  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    await served.close();
    process.exit(0);
  };
  process.on("SIGINT", () => void end());
  process.on("SIGTERM", () => void end());
  process.stdin.on("end", () => void end()).on("error", () => void end());
  process.stdin.resume();
  process.stdout.write(`${served.port}\n`);
}
