import { chmod, copyFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export { LoadedPack } from "./loaded.ts";
export { type ShownResource, StackRecorder } from "./recorder.ts";

const served = fileURLToPath(new URL("./served.sh", import.meta.url));

/**
 * Makes the executable that the engine is given for a pack which is served already.
 * @param path where it is placed; others may run it
 */
export async function placeServedPack(path: string, port: number): Promise<void> {
  await writeFile(`${path}.port`, `${port}\n`, { mode: 0o644 });
  await copyFile(served, path);
  await chmod(path, 0o755);
}
