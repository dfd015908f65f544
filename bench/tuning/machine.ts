import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { workloadNames } from "../../host-provisioning/benchmark/index.ts";

const program = fileURLToPath(new URL("../../host-provisioning/benchmark/workloads.pl", import.meta.url));
const run = promisify(execFile);

/** This machine, measured by the program that measures hosts, with nothing that is switched in between. */
export interface MeasuredMachine {
  /** @returns what the program printed of so many pairs of each workload. */
  measure(pairs: number): Promise<string>;
  close(): void;
}

export function openMachine(): MeasuredMachine {
  const folder = mkdtempSync(join(tmpdir(), "roost-tuning-"));
  for (const name of ["live", "flip.after"]) writeFileSync(join(folder, name), "");
  return {
    async measure(pairs) {
      const { stdout } = await run("perl", [program, String(pairs), folder, ...workloadNames]);
      return stdout;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
