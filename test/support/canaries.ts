import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import type { Db } from "../../automation-api/db/transaction.ts";
import { decodeContent } from "../../automation-api/state-backend/content.ts";
import { allProcesses } from "./machine.ts";

/** Between two looks at processes and files. */
const lookMilliseconds = 50;

/** Unique texts that were given as secrets, and the search for them in whatever form a program may have put them. */
export class Canaries {
  readonly #forms = new Map<string, Map<string, string>>();

  /** @param form for values that are no text: how to show its bytes. */
  add(name: string, value: string): void {
    this.#forms.set(name, formsOf(value));
  }

  /** One line for each canary that is in `text`, with what stands around it. */
  in(place: string, text: string): string[] {
    return [...this.#forms].flatMap(([name, forms]) =>
      [...forms].flatMap(([form, needle]) => {
        const at = text.indexOf(needle);
        if (at < 0) return [];
        const around = text.slice(Math.max(0, at - 80), at + needle.length + 20).replaceAll(/\s+/g, " ");
        return [`${name} (${form}) in ${place}: …${around}…`];
      }),
    );
  }
}

/** As it is, in hex, and in base64 at each of the three places where it can begin. */
function formsOf(value: string): Map<string, string> {
  const bytes = Buffer.from(value);
  const forms = new Map([
    ["clear", value],
    ["hex", bytes.toString("hex")],
  ]);
  for (const before of [0, 1, 2]) {
    // The characters at the ends depend on neighbours.
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    forms.set(`base64 at ${before}`, text.slice(before === 0 ? 0 : before + 1, -2));
  }
  return forms;
}

/** Every row of every table as text, with what is compressed in it opened. */
export async function textOfDatabase(db: Db): Promise<Map<string, string>> {
  const tables = await sql<{ schema: string; name: string }>`
    SELECT schemaname AS schema, tablename AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`.execute(db);
  const texts = new Map<string, string>();
  for (const { schema, name } of tables.rows) {
    const { rows } = await sql<{ text: string }>`
      SELECT row_to_json(t)::text AS text FROM ${sql.table(`${schema}.${name}`)} t`.execute(db);
    texts.set(`table ${schema}.${name}`, rows.map(({ text }) => text).join("\n"));
  }
  const states = await db.selectFrom("checkpoint_content").select("bytes").execute();
  const opened = await Promise.all(states.map(({ bytes }) => decodeContent(bytes)));
  texts.set("states", JSON.stringify(opened));
  return texts;
}

/** Files below a folder, links not followed; one that goes meanwhile is left out. */
export function textOfFiles(folder: string, skip: (file: string) => boolean): Map<string, string> {
  const texts = new Map<string, string>();
  const read = (inside: string): void => {
    for (const entry of quietly(() => readdirSync(inside, { withFileTypes: true })) ?? []) {
      const file = path.join(inside, entry.name);
      if (skip(file)) continue;
      if (entry.isDirectory()) read(file);
      if (!entry.isFile()) continue;
      const text = quietly(() => readFileSync(file, "latin1"));
      if (text !== undefined) texts.set(file, text);
    }
  };
  read(folder);
  return texts;
}

export interface Lookout {
  /** Looks again and again at what passes, until it is asked to end. */
  end(): Promise<{ hits: string[]; commands: Set<string>; files: Set<string> }>;
}

/**
 * Looks at what is seen for a moment only: command lines of all processes, and files below a folder.
 * @param onEnvironment told of each process once, with its environment
 */
export function lookOut(
  canaries: Canaries,
  texts: () => Map<string, string>,
  onEnvironment: (command: string, environment: string[]) => string[],
): Lookout {
  const stop = new AbortController();
  const hits = new Set<string>();
  const processes = new Set<string>();
  const commands = new Set<string>();
  const files = new Set<string>();
  const look = (): void => {
    for (const found of allProcesses()) {
      const { pid, command } = found;
      if (processes.has(`${pid} ${command}`)) continue;
      processes.add(`${pid} ${command}`);
      commands.add(command);
      for (const hit of onEnvironment(command, found.environment)) hits.add(hit);
      for (const hit of canaries.in("a command line", command)) hits.add(hit);
    }
    for (const [file, text] of texts()) {
      files.add(file);
      for (const hit of canaries.in(file, text)) hits.add(hit);
    }
  };
  const ended = (async () => {
    while (!stop.signal.aborted) {
      look();
      await wait(lookMilliseconds, undefined, { ref: false });
    }
  })();
  return {
    async end() {
      stop.abort();
      await ended;
      look();
      return { hits: [...hits], commands, files };
    },
  };
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
