import { runExecutable } from "../provider/index.ts";
import { noopProvider } from "./provider.ts";

await runExecutable(noopProvider);
