/** A server as a process of its own that answers questions about itself: `postgres` or `memory` as argument. */
import { readSettings } from "../../automation-api/config.ts";
import { openDatabase } from "../../automation-api/db/pool.ts";
import { projectFolder, type StartOptions, startServer } from "../../automation-api/main.ts";
import { createPostgresStore } from "../../automation-api/state-backend/service.ts";
import { builtins } from "../../test/support/catalogue.ts";
import { createMemoryStore, type MemoryStore, type Recording } from "./memory-store.ts";
import { countTraffic, type Traffic } from "./traffic.ts";

export type Question =
  | { kind: "traffic" }
  /** Answered once runners wait as the settings want it. */
  | { kind: "warm" }
  /** Answered after what is not used any more was let go. */
  | { kind: "tidy" }
  | { kind: "recording"; project: string; stack: string };

export interface Answers {
  traffic: Traffic;
  warm: null;
  tidy: null;
  recording: Recording | null;
}

const traffic = countTraffic();
const settings = readSettings(projectFolder);
const options: StartOptions = {
  builtins,
  catalogue: new URL("../../test/support/catalogue.ts", import.meta.url).href,
};
let memory: MemoryStore | undefined;
if (process.argv[2] === "memory") {
  const { db } = openDatabase({ connectionString: settings.DATABASE_URL as string }, 2);
  memory = createMemoryStore(createPostgresStore(db));
  options.store = memory;
}
const roost = await startServer(settings, options);

async function answer(question: Question): Promise<Answers[Question["kind"]]> {
  if (question.kind === "traffic") return traffic();
  if (question.kind === "warm") await roost.warmed?.();
  if (question.kind === "recording") return memory?.lastUpdate(question.project, question.stack) ?? null;
  // Started with --expose-gc, and twice: what a finalizer lets go is collected by the second.
  if (question.kind === "tidy")
    for (let pass = 0; pass < 2; pass++) await globalThis.gc?.({ execution: "async" });
  return null;
}

process.on("message", ({ id, question }: { id: number; question: Question }) => {
  answer(question).then(
    (given) => process.send?.({ id, answer: given }),
    (error: Error) => process.send?.({ id, error: error.message }),
  );
});

async function stop(): Promise<void> {
  await roost.stop();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.once("disconnect", stop);
process.send?.({ id: 0, answer: roost.url });
