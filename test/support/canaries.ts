import { readdirSync, readFileSync, statSync } from "node:fs";
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

  add(name: string, value: string | Buffer): void {
    this.#forms.set(name, formsOf(Buffer.from(value)));
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
function formsOf(bytes: Buffer): Map<string, string> {
  const forms = new Map([
    ["clear", bytes.toString("latin1")],
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

/**
 * Files below a folder with what is in them; links are not followed, and what goes meanwhile is left out.
 * @param skip neither looked at nor entered
 * @param known what earlier calls have read, by file: what has not changed since is left out
 */
export function textOfFiles(
  folder: string,
  skip: (file: string) => boolean,
  known = new Map<string, string>(),
): Map<string, string> {
  const texts = new Map<string, string>();
  const read = (inside: string): void => {
    for (const entry of quietly(() => readdirSync(inside, { withFileTypes: true })) ?? []) {
      const file = path.join(inside, entry.name);
      if (skip(file)) continue;
      if (entry.isDirectory()) read(file);
      const stats = entry.isFile() ? quietly(() => statSync(file)) : undefined;
      if (stats === undefined) continue;
      const version = `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
      if (known.get(file) === version) continue;
      const text = quietly(() => readFileSync(file, "latin1"));
      if (text === undefined) continue;
      known.set(file, version);
      texts.set(file, text);
    }
  };
  read(folder);
  return texts;
}

export interface LookoutOptions {
  canaries: Canaries;
  folder: string;
  skip(file: string): boolean;
  /** Told of each process once; says what is wrong with its environment. */
  judge(command: string, environment: string[]): string[];
}

/** Looks again and again at what is there for a moment only: command lines, environments, and files below a folder. */
export class Lookout {
  readonly hits = new Set<string>();
  readonly commands = new Set<string>();
  readonly #options: LookoutOptions;
  readonly #processes = new Set<string>();
  readonly #files = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(options: LookoutOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Files that were read. */
  get files(): string[] {
    return [...this.#files.keys()];
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#lookAtProcesses();
      this.#lookAtFiles();
      await wait(lookMilliseconds, undefined, { ref: false });
    }
  }

  #lookAtProcesses(): void {
    for (const found of allProcesses()) {
      const { pid, command } = found;
      if (this.#processes.has(`${pid} ${command}`)) continue;
      this.#processes.add(`${pid} ${command}`);
      this.commands.add(command);
      for (const fault of this.#options.judge(command, found.environment)) this.hits.add(fault);
      for (const hit of this.#options.canaries.in("a command line", command)) this.hits.add(hit);
    }
  }

  #lookAtFiles(): void {
    const { folder, skip, canaries } = this.#options;
    for (const [file, text] of textOfFiles(folder, skip, this.#files)) {
      for (const hit of canaries.in(file, text)) this.hits.add(hit);
    }
  }
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
