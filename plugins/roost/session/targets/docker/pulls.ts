import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeServicesFolder, servicesFolder } from "../../../service/place.ts";
import { writeJson } from "../../../service/record.ts";
import type { StartIntent } from "../../target.ts";
import type { DockerApi } from "./api.ts";
import { readJsonLines } from "./log.ts";
import { pullable } from "./plan.ts";

const sayMilliseconds = 1_000;
const mebibyte = 1024 * 1024;

/** A start that waits for its image. */
export interface WaitingStart {
  intent: Pick<StartIntent, "id" | "urn" | "workload" | "secretEnvironment">;
  image: string;
  /** Why there will be no image. */
  failure?: string;
}

/**
 * Starts whose image is not here yet. A pull takes minutes and a start must be accepted at once, so the intent is kept
 * in a file (which only we may read), and whoever looks next goes on with it: nothing is lost with a process.
 */
export class WaitingStarts {
  readonly #dataFolder: string;
  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder;
  }

  get #folder(): string {
    return join(servicesFolder(this.#dataFolder), ".docker");
  }

  /** True when sessions were started on Docker here, once. */
  get isUsed(): boolean {
    return existsSync(this.#folder);
  }

  prepare(): void {
    makeServicesFolder(this.#dataFolder);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  write(start: WaitingStart): void {
    writeJson(this.#path(start.intent.id), start);
  }

  read(id: string): WaitingStart | undefined {
    try {
      return JSON.parse(readFileSync(this.#path(id), "utf8")) as WaitingStart;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  list(): WaitingStart[] {
    const names = this.isUsed ? readdirSync(this.#folder).filter((name) => name.endsWith(".json")) : [];
    return names.flatMap((name) => this.read(name.slice(0, -".json".length)) ?? []);
  }

  /** The start is done; what was said of its pull stays. */
  finish(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  remove(id: string): void {
    for (const path of [this.#path(id), this.logPath(id)]) rmSync(path, { force: true });
  }

  /** What was said of the pull, for people. */
  logPath(id: string): string {
    return join(this.#folder, `${id}.log`);
  }

  say(id: string, line: string): void {
    if (this.read(id)) appendFileSync(this.logPath(id), `[roost] ${line}\n`, { mode: 0o600 });
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** Has the daemon pull an image. @param say told now and then how far it is @throws when it cannot */
export async function pullImage(api: DockerApi, image: string, say: (line: string) => void): Promise<void> {
  const query = pullable(image);
  if (query === undefined) throw new Error(`There is no image ${image} here, and its id names no registry.`);
  say(`pulling ${image}`);
  const layers = new Map<string, { current: number; total: number }>();
  let saidAt = performance.now();
  const progress = await api.stream("/images/create", { method: "POST", query }).catch((cause: Error) => {
    throw new Error(`${image} could not be pulled: ${cause.message}`, { cause });
  });
  for await (const line of readJsonLines(progress)) {
    if (typeof line.error === "string") throw new Error(`${image} could not be pulled: ${line.error}`);
    const { current = 0, total = 0 } = (line.progressDetail ?? {}) as { current?: number; total?: number };
    if (line.status === "Downloading" && typeof line.id === "string") layers.set(line.id, { current, total });
    if (layers.size === 0 || performance.now() - saidAt < sayMilliseconds) continue;
    saidAt = performance.now();
    const sum = (of: "current" | "total") =>
      [...layers.values()].reduce((bytes, each) => bytes + each[of], 0) / mebibyte;
    say(`pulled ${sum("current").toFixed(1)} of ${sum("total").toFixed(1)} MiB that are known of`);
  }
  say("the image is here");
}
