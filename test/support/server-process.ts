/** A server, or a worker (`worker` as argument), as a process of its own, with the programs of the tests. */
import { readSettings } from "../../automation-api/config.ts";
import { startServer, startWorker } from "../../automation-api/main.ts";
import { builtins } from "./catalogue.ts";
import { projectFolder } from "./database.ts";

const options = { builtins, catalogue: new URL("./catalogue.ts", import.meta.url).href };
const start = process.argv[2] === "worker" ? startWorker : startServer;
const roost = await start(readSettings(projectFolder), options);
process.send?.({ url: roost.url, database: await roost.database?.processId() });

async function stop(): Promise<void> {
  await roost.stop();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.once("disconnect", stop);
