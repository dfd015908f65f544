/**
 * What a shell of ours costs a person, beside no configuration, `zsh -f` as the floor of the machine, the same parts
 * set up by hand, and oh-my-zsh where it is given: first prompt, first command (typed ahead), a command, a key.
 * Contenders take turns, in random order.
 *
 *   npm run bench -- terminal [--rounds 7] [--keys 15] [--oh-my-zsh FOLDER]
 *
 * oh-my-zsh is measured with a folder of it, or where its installer or a package has put it.
 *
 * Needs zsh, zsh-autosuggestions and zsh-syntax-highlighting of Debian 12.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { reasonToSkip } from "../toolchain/suites/possible.mjs";
import { median } from "./deploy/statistics.ts";
import { type Row, report } from "./report.ts";
import { contenders, ready, zsh } from "./terminal/contenders.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    keys: { type: "string", default: "15" },
    "oh-my-zsh": { type: "string" },
  },
});

const reason = reasonToSkip("zsh", "zsh-autosuggestions", "zsh-syntax-highlighting");
if (reason) throw new Error(`the bench cannot run: ${reason}`);

const drive = fileURLToPath(new URL("./terminal/drive.zsh", import.meta.url));
const metrics = ["first_prompt_ms", "first_command_ms", "command_ms", "input_lag_ms"] as const;
/** Of the shell itself: what the catalogue's costs are made from, since other work on the machine adds little to it. */
const processor = ["first_command_processor_ms", "key_processor_ms"] as const;
const goals = { first_prompt_ms: 5, first_command_ms: 25, command_ms: 2.5, input_lag_ms: 4.5 };
type Measured = Record<(typeof metrics)[number] | (typeof processor)[number], number>;

function measure(home: string, command: string): Measured {
  const numbers = zsh(home, ["-f", drive, ready, values.keys, command]).trim().split(" ").map(Number);
  return Object.fromEntries(
    [...metrics, ...processor].map((metric, at) => [metric, numbers[at]]),
  ) as Measured;
}

const folder = mkdtempSync(join(tmpdir(), "roost-bench-terminal-"));
try {
  const runs = contenders(values["oh-my-zsh"]).map(({ name, prepare, command = "zsh -i" }) => {
    const home = mkdtempSync(join(folder, `${name}-`));
    prepare(home);
    // A work tree, for the prompt to have something to say.
    execFileSync("git", ["init", "-q", home]);
    const once = () => measure(home, command);
    once();
    return { name, once, measured: [] as Measured[] };
  });
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { once, measured } of runs.toSorted(() => Math.random() - 0.5)) measured.push(once());
  }
  const middle = (name: string, metric: keyof Measured) => {
    const run = runs.find((each) => each.name === name);
    return median((run?.measured ?? []).map((measured) => measured[metric]));
  };
  const rows = runs.flatMap(({ name }): Row[] => {
    const isOurs = name === "ours";
    const metricOf = (metric: string) => (isOurs ? metric : `${name}_${metric}`);
    return [
      ...metrics.map((metric) => ({
        metric: metricOf(metric),
        value: middle(name, metric),
        unit: "ms",
        ...(isOurs && { goal: { atMost: goals[metric] }, baseline: middle("by_hand", metric) }),
      })),
      ...processor.map((metric) => ({ metric: metricOf(metric), value: middle(name, metric), unit: "ms" })),
    ];
  });
  process.exitCode = report("terminal", rows) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
