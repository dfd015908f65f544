import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

interface Kept {
  part: string;
  round: string;
  result: unknown;
}

/** Random sets of packages, made from one seed each. */
export interface Sets {
  sets: number;
  /** Of the first. */
  seed: number;
  /** Of Debian. Default: the machine's own. */
  release?: string;
}

/** The names of the rounds, one for each set. */
export function roundsOf({ sets, seed }: Pick<Sets, "sets" | "seed">): string[] {
  return Array.from({ length: sets }, (_, index) => `seed ${seed + index}`);
}

/** Rounds of a long bench: each is kept once it is done, so that a run that was stopped can go on. */
export class Rounds {
  readonly #file: string;
  readonly #deadline: number;
  readonly #resume: boolean;
  #kept: Kept[];

  /**
   * @param options.resume rounds that the file has are not done again; else each part that is run begins anew
   * @param options.minutes after which no round begins
   */
  constructor(file: string, { resume, minutes }: { resume: boolean; minutes: number }) {
    this.#file = file;
    this.#deadline = Date.now() + minutes * 60_000;
    mkdirSync(path.dirname(file), { recursive: true });
    this.#resume = resume;
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    this.#kept = lines.map((line) => JSON.parse(line) as Kept);
  }

  /** Does those of the rounds that are not done yet, in order, while there is time. One that throws is told, and not done. */
  async run<T>(part: string, rounds: string[], work: (round: string, index: number) => Promise<T>) {
    if (!this.#resume) {
      this.#kept = this.#kept.filter((each) => each.part !== part);
      writeFileSync(this.#file, this.#kept.map((each) => `${JSON.stringify(each)}\n`).join(""));
    }
    const results: T[] = [];
    for (const [index, round] of rounds.entries()) {
      const kept = this.#kept.find((each) => each.part === part && each.round === round);
      if (kept) results.push(kept.result as T);
      else if (Date.now() < this.#deadline) {
        const began = performance.now();
        try {
          const result = await work(round, index);
          appendFileSync(this.#file, `${JSON.stringify({ part, round, result })}\n`);
          results.push(result);
        } catch (error) {
          console.log(`FAULT ${part}, ${round}: ${error instanceof Error ? error.message : error}`);
        }
        console.log(`${part}, ${round}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
      }
    }
    return results;
  }
}
