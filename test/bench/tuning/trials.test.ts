import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { type Recording, ratesOf, recorded, resampledTrial } from "../../../bench/tuning/trials.ts";
import { seeded, workloadNames } from "../../../host-provisioning/benchmark/index.ts";

const recording = JSON.parse(
  readFileSync(new URL("../../../bench/tuning/recorded.json", import.meta.url), "utf8"),
) as Recording;

describe("trials of the tuning benchmark", () => {
  it("have a recording of real runs: several workloads, no run like the others", () => {
    expect(Object.keys(recording)).toEqual(workloadNames);
    for (const runs of Object.values(recording)) {
      expect(runs.length).toBeGreaterThanOrEqual(200);
      expect(new Set(runs).size).toBeGreaterThan(100);
      expect(Math.min(...runs)).toBeGreaterThan(0);
    }
  });

  it("find a large effect, in the right direction, and none where there is none", () => {
    const runs = recording.processor as number[];
    expect(resampledTrial(runs, 1.2, seeded(1)).verdict).toBe("worse");
    expect(resampledTrial(runs, 1 / 1.2, seeded(1)).verdict).toBe("better");
    expect(["same", "unclear"]).toContain(resampledTrial(runs, 1, seeded(1)).verdict);
  });

  it("draw from what the program that measures hosts printed", () => {
    const output = "pressure cpu 1.2\nquad disk before 1.5 1.6 1.7 1.8\nquad shell after 2 3 4 5\nsteal 0\n";
    expect(recorded({ disk: [1] }, output)).toEqual({ disk: [1, 1.5, 1.6, 1.7, 1.8], shell: [2, 3, 4, 5] });
  });

  it("are the same for the same seed", () => {
    const few = { processor: recording.processor as number[] };
    expect(ratesOf(few, 6, seeded(5))).toEqual(ratesOf(few, 6, seeded(5)));
  });

  it("would show a comparison that sees things: noise without drift is called different in few trials", () => {
    const random = seeded(9);
    const noise = Array.from({ length: 400 }, () =>
      Math.exp(0.03 * (random() + random() - random() - random())),
    );
    const { falsePositives, found } = ratesOf({ noise }, 20, random);
    expect(falsePositives).toBeLessThanOrEqual(1);
    expect(found).toBeGreaterThanOrEqual(18);
  });
});
