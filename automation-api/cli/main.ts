import { processContext } from "./context.ts";
import { run } from "./program.ts";

// A reader of the output that ends early, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const code = await run(process.argv.slice(2), processContext());
// What is written must be out before the end; an idle connection to the server must not delay it.
process.stdout.write("", () => process.exit(code));
