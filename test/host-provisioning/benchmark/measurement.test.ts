import { expect, it } from "@jest/globals";
import {
  addMeasured,
  judgeMeasured,
  measuredDraft,
  nextPairs,
  nothingMeasured,
  resultLine,
  toSvg,
} from "../../../host-provisioning/benchmark/index.ts";
import { emptyDraft } from "../../../host-provisioning/undo/index.ts";

const tail = "steal 0.0100\nseconds 4.00";
const quiet = "pressure cpu 0.50\npressure memory 0.00\npressure io 0.00";
/** So many quads of a workload that takes `factor` times as long with the change. */
const quads = (name: string, count: number, factor: number) =>
  Array.from({ length: count }, (_, index) => {
    const [off, on] = [10 + (index % 3) / 10, (10 + (index % 3) / 10) * factor].map((ms) => ms.toFixed(4));
    return index % 2 === 0
      ? `quad ${name} before ${off} ${on} ${on} ${off}`
      : `quad ${name} after ${on} ${off} ${off} ${on}`;
  }).join("\n");
const options = { workloads: ["processor", "disk"] as const, seconds: 60 };

it("what a run prints is read as pairs, whichever came first", () => {
  const once = addMeasured(nothingMeasured, [quiet, quads("disk", 2, 2), tail].join("\n"));
  expect(once.pairs.disk).toEqual([
    { before: 10, after: 20 },
    { before: 10, after: 20 },
    { before: 10.1, after: 20.2 },
    { before: 10.1, after: 20.2 },
  ]);
  const twice = addMeasured(
    once,
    ["pressure cpu 90.00", quads("disk", 1, 2), "steal 0\nseconds 3"].join("\n"),
  );
  // Later pressure is that of the measuring itself.
  expect(twice).toMatchObject({ pressure: { cpu: 0.5 }, steal: 0.01, seconds: 7 });
  expect(twice.pairs.disk?.length).toBe(6);
  expect(() => addMeasured(nothingMeasured, quads("disk", 2, 2))).toThrow("did not come to its end");
});

it.each([
  ["at least 10 pairs, whatever the time", 0, 0, 10],
  ["none once they are narrow", 5, 4, 0],
])("%s", (_, count, seconds, next) => {
  const text = [quads("processor", count, 1), quads("disk", count, 1), `steal 0\nseconds ${seconds}`].join(
    "\n",
  );
  expect(nextPairs(addMeasured(nothingMeasured, text), options)).toBe(next);
});

it("up to 20 at a time, to 20, 40, 80, while one is wide and time is left", () => {
  const wide = (count: number) =>
    Array.from({ length: count }, (_, at) => `quad disk before 10 ${at % 2 ? 30 : 4} ${at % 2 ? 5 : 29} 10`);
  const measured = (count: number, seconds: number) =>
    addMeasured(
      nothingMeasured,
      [quads("processor", count, 1), ...wide(count), `steal 0\nseconds ${seconds}`].join("\n"),
    );
  expect([5, 10, 20, 30].map((count) => nextPairs(measured(count, 4), options))).toEqual([10, 20, 20, 20]);
  expect(nextPairs(measured(5, 60), options)).toBe(0);
});

it("one that became worse takes all back, unless nothing was changed; the picture tells it", () => {
  const text = [quiet, quads("processor", 10, 0.8), quads("disk", 10, 1.3), tail].join("\n");
  const measured = addMeasured(nothingMeasured, text);
  const result = judgeMeasured(measured, options, { isChange: true });
  expect(result.workloads.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["processor", "better"],
    ["disk", "worse"],
  ]);
  expect(result).toMatchObject({ isReverted: true, wasQuiet: true, seconds: 4 });
  expect(resultLine(result.workloads[1] as never)).toBe("disk: +30.0 % (+30.0 to +30.0), worse");
  const picture = toSvg(result, "web <1> & more");
  expect(picture).toContain("web &lt;1&gt; &amp; more");
  expect(picture).toContain("20 pairs in 4 s; taken back.");
  expect(judgeMeasured(measured, options, { isChange: false }).isReverted).toBe(false);
  const unknown = addMeasured(nothingMeasured, [quads("disk", 10, 1), tail].join("\n"));
  expect(judgeMeasured(unknown, { workloads: ["disk"] }, { isChange: true }).wasQuiet).toBeNull();
});

it("only values of the kernel are switched, each as one word of the shell", () => {
  const steps = [
    ["write_file", "/etc", "a", "0644", "text"],
    ["set_live", "/proc/sys/vm/swappiness", "it's 1"],
  ] as const;
  const { functions } = measuredDraft({ ...emptyDraft, steps: [...steps] }, { workloads: ["disk", "shell"] });
  expect(functions).toContain("printf '%s %s\\n' '/proc/sys/vm/swappiness' 'it'\\''s 1'\n");
  expect(functions).toContain("workload_names='disk shell'\n");
  expect(functions).not.toContain("'/etc'");
});
