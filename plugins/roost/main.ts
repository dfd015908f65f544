import { runExecutable } from "../provider/index.ts";
import { roostProvider } from "./provider.ts";

await runExecutable(roostProvider());
