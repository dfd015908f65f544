import { runExecutable } from "../provider/index.ts";
import { commandProvider } from "./provider.ts";

await runExecutable(commandProvider);
