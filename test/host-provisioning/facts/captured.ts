import { readFileSync } from "node:fs";
import { type Facts, readFacts } from "../../../host-provisioning/facts/index.ts";

export type Capture = "debian-12-aws" | "alpine-3-container" | "rocky-8-azure";

/** What the probe prints on such a host, by the documented formats of the kernel and of the package managers. */
export function captured(name: Capture): string {
  return readFileSync(new URL(`./fixtures/${name}.txt`, import.meta.url), "utf8");
}

export function factsOf(name: Capture): Facts {
  return readFacts(captured(name), "MARK") as Facts;
}

/** Facts of a host that shows these lines of files only. */
export function factsFrom(...lines: string[]): Facts {
  const text = ["== MARK self", "1", "== MARK files", ...lines, "== MARK end", ""].join("\n");
  return readFacts(text, "MARK") as Facts;
}
