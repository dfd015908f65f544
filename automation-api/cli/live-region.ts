import type { Output } from "./context.ts";
import { fitWidth } from "./table.ts";

/** The last lines of a terminal, drawn again and again below text that stays. */
export class LiveRegion {
  readonly #output: Output;
  #shown = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Text that stays, above the region. */
  print(text: string): void {
    if (text === "") return;
    const lines = this.#erase();
    this.#output.write(`${lines}${text}`);
  }

  /** Replaces the region. Lines are cut to the terminal, since a wrapped one could not be erased. */
  show(lines: string[]): void {
    const width = (this.#output.columns || 80) - 1;
    const height = Math.max(1, (this.#output.rows || 24) - 1);
    const shown = lines.slice(0, height);
    const erase = this.#erase();
    this.#output.write(erase + shown.map((line) => `${fitWidth(line, width).trimEnd()}\n`).join(""));
    this.#shown = shown.length;
  }

  clear(): void {
    this.#output.write(this.#erase());
  }

  #erase(): string {
    const text = this.#shown > 0 ? `\u001b[${this.#shown}F\u001b[J` : "";
    this.#shown = 0;
    return text;
  }
}
