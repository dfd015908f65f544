import { readFileSync } from "node:fs";
import { type AliasKind, aliasKinds } from "./aliases.ts";

/** Run by `zsh -f` with shell files as its arguments: what it says is for `readListing`. */
export const aliasScript = readFileSync(new URL("./zsh/aliases.zsh", import.meta.url), "utf8");

/** An alias as a shell has it: not yet judged. */
export interface FoundAlias {
  kind: AliasKind;
  name: string;
  expansion: string;
  /** What it hides: `builtin`, `function`, or `command /usr/bin/ls`. */
  hides?: string;
}

/**
 * What aliases.zsh said. Pure.
 * @returns undefined when it is not what the script writes, or was cut.
 */
export function readListing(output: Buffer): FoundAlias[] | undefined {
  const found: FoundAlias[] = [];
  let at = 0;
  while (at < output.length) {
    const head = /^(\w+) (\d{1,7}) (\d{1,7}) (\d{1,7}) /.exec(output.toString("latin1", at, at + 40));
    if (!head) return undefined;
    at += head[0].length;
    if (head[1] === "end") return at === output.length ? found : undefined;
    const kind = aliasKinds.find((each) => each === head[1]);
    const [name, expansion, hides] = head.slice(2).map((length) => {
      const text = output.toString("utf8", at, at + Number(length));
      at += Number(length);
      return text;
    });
    if (!kind || name === undefined || expansion === undefined || at > output.length) return undefined;
    found.push({ kind, name, expansion, ...(hides && { hides }) });
  }
  return undefined;
}
