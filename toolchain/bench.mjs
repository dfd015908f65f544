// `npm run bench -- NAME [arguments]`: runs bench/NAME.ts, which prints a table and writes bench/results/NAME.json.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./found.mjs";

const [name, ...rest] = process.argv.slice(2);
const file = join(ROOT, "bench", `${name}.ts`);
if (!name || !/^[\w-]+$/.test(name) || !existsSync(file)) {
  const known = readdirSync(join(ROOT, "bench")).filter(
    (entry) => entry.endsWith(".ts") && entry !== "report.ts",
  );
  console.error(name ? `there is no bench "${name}"` : "usage: npm run bench -- NAME");
  console.error(`benches: ${known.map((entry) => entry.replace(/\.ts$/, "")).join(", ") || "none yet"}`);
  process.exitCode = 1;
} else {
  const { status } = spawnSync(process.execPath, [file, ...rest], { cwd: ROOT, stdio: "inherit" });
  process.exitCode = status ?? 1;
}
