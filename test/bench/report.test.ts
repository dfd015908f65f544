import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { report, table } from "../../bench/report.ts";

const folder = mkdtempSync(join(tmpdir(), "roost-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = [
  { metric: "update_s", value: 0.4312, unit: "s", goal: { atMost: 0.5 } },
  { metric: "create_s", value: 12, unit: "s", baseline: 10, goal: { atMost: 11 } },
  { metric: "rounds", value: 200, unit: "count", goal: { atLeast: 200 } },
];

describe("the report of a bench", () => {
  it("prints columns with ratios and goals", () => {
    expect(table([{ ...rows[0]! }, { ...rows[1]!, ratio: 1.2 }])).toBe(
      [
        "metric    value  unit  baseline  ratio  goal",
        "update_s  0.431  s                      ≤ 0.5  met",
        "create_s     12  s           10  1.20x  ≤ 11   MISSED",
      ].join("\n"),
    );
  });

  it("writes what was measured, on what machine, with the ratio to the baseline", () => {
    expect(report("example", rows, { folder })).toBe(false);
    const { name, machine, rows: written } = JSON.parse(readFileSync(join(folder, "example.json"), "utf8"));
    expect(name).toBe("example");
    expect(machine).toMatchObject({ cores: expect.any(Number), node: process.version });
    expect(written).toEqual([rows[0], { ...rows[1], ratio: 1.2 }, rows[2]]);
  });

  it("keeps what other parts of the bench have written", () => {
    const metrics = () => {
      const { rows: written } = JSON.parse(readFileSync(join(folder, "parts.json"), "utf8"));
      return written.map(({ metric, value }: { metric: string; value: number }) => [metric, value]);
    };
    report("parts", [rows[0]!, rows[1]!], { folder, isPart: true });
    report("parts", [{ ...rows[0]!, value: 0.2 }, rows[2]!], { folder, isPart: true });
    expect(metrics()).toEqual([
      ["create_s", 12],
      ["update_s", 0.2],
      ["rounds", 200],
    ]);
    report("parts", [rows[2]!], { folder });
    expect(metrics()).toEqual([["rounds", 200]]);
  });

  it("says whether every goal is met", () => {
    expect(report("met", [rows[0]!, rows[2]!], { folder })).toBe(true);
  });
});
