import { expect, it } from "@jest/globals";
import { formatAge, formatBytes, formatDuration } from "../../../automation-api/cli/duration.ts";
import { LiveRegion } from "../../../automation-api/cli/live-region.ts";
import { Progress } from "../../../automation-api/cli/progress.ts";
import { renderFields, renderTable } from "../../../automation-api/cli/table.ts";

interface Row {
  name: string;
  count: number;
}
const columns = [
  { title: "NAME", value: ({ name }: Row) => name, flexible: true },
  { title: "COUNT", value: ({ count }: Row) => count, right: true },
];

it("aligns columns, numbers to the right, wide characters by their width", () => {
  const rows = [
    { name: "a", count: 5 },
    { name: "日本", count: 1000 },
  ];
  expect(renderTable(rows, columns)).toBe("NAME  COUNT\na         5\n日本   1000\n");
});

it("cuts the flexible column to the terminal, and shows what is missing as -", () => {
  const rows = [{ name: "x".repeat(50), count: 1 }];
  expect(renderTable(rows, columns, 20)).toBe("NAME           COUNT\nxxxxxxxxxxxx…      1\n");
  expect(renderTable([{ name: "", count: 0 }], columns)).toBe("NAME  COUNT\n-         0\n");
});

it("lets nothing through that a terminal would obey", () => {
  const rows = [{ name: "a\u001b[31mb\u0007\nc", count: 1 }];
  const text = renderTable(rows, columns) + renderFields([["k", "\u001b]0;x\u0007v\n2"]]);
  expect([...text].filter((letter) => letter < " " && letter !== "\n")).toEqual([]);
});

it.each([
  [0, "0.0 s"],
  [9_949, "9.9 s"],
  [9_950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [7_800_000, "2 h 10 min"],
])("shows %i ms as %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

it("shows ages and sizes with one unit", () => {
  expect([500, 61_000, 7_200_000, 200_000_000].map(formatAge)).toEqual(["0 s", "1 min", "2 h", "2 d"]);
  expect([0, 999, 1500, 999_600, 81e9, -2000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.5 kB",
    "1.0 MB",
    "81 GB",
    "-2.0 kB",
  ]);
});

it("redraws the live region in place and keeps printed text above it", () => {
  let text = "";
  const region = new LiveRegion({ write: (piece) => (text += piece), columns: 20, rows: 10, isTTY: true });
  region.show(["one", "two"]);
  region.print("stays\n");
  region.show([`long ${"x".repeat(40)}`]);
  region.clear();
  const erase = (lines: number) => `\u001b[${lines}F\u001b[J`;
  expect(text).toBe(`one\ntwo\n${erase(2)}stays\nlong ${"x".repeat(13)}…\n${erase(1)}`);
});

const urn = (name: string) => `urn:pulumi:dev::hello::command:local:Command::${name}`;
const step = (kind: string, name: string, op: string, more = {}) => ({
  kind: "engine",
  data: { [kind]: { metadata: { op, urn: urn(name), type: "command:local:Command" }, ...more } },
});

it("shows what is being worked on with its time, and how long it took at its end", () => {
  const progress = new Progress();
  progress.apply({ kind: "state", data: { state: "running" } }, 1000, 0);
  progress.apply(step("resourcePreEvent", "same", "same"), 1000, 0);
  progress.apply(step("resourcePreEvent", "web", "create"), 1000, 50);
  progress.apply(step("resourcePreEvent", "db", "delete-replaced"), 2000, 60);
  const lines = progress.lines("hello/dev update", 500, 4000, 20);
  expect(lines.map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "hello/dev update running 3.5 s",
    " 3.0 s creating command:local:Command web",
    " 2.0 s deleting original command:local:Command db",
  ]);
  // By the server's clock, whatever this machine's says.
  expect(progress.apply(step("resOutputsEvent", "web", "create"), 9999, 1250)).toBe(1200);
  expect(progress.apply(step("resOpFailedEvent", "db", "delete-replaced"), 9999, 70)).toBe(10);
  expect(progress.lines("x", 0, 1000, 20)).toEqual(["x running  1 done  1 failed  1.0 s"]);
});

it("keeps the old and the new resource of a replacement apart, and starts anew with an attempt", () => {
  const progress = new Progress();
  progress.apply(step("resourcePreEvent", "a", "create-replacement"), 0, 0);
  progress.apply(step("resourcePreEvent", "a", "delete-replaced"), 0, 5);
  expect(progress.apply(step("resOutputsEvent", "a", "delete-replaced"), 0, 10)).toBe(5);
  expect(progress.apply(step("resOutputsEvent", "a", "create-replacement"), 0, 10)).toBe(10);
  progress.apply(step("resourcePreEvent", "b", "create"), 0, 0);
  progress.apply({ kind: "state", data: { state: "queued", position: 2 } }, 0, 0);
  expect(progress.lines("x", 0, 0, 20)).toEqual(["x queued, 2 before it  2 done  0.0 s"]);
});

it("shows nothing of a preview's plan as work, and no more lines than there is room for", () => {
  const progress = new Progress();
  progress.apply(step("resourcePreEvent", "planned", "create", { planning: true }), 0, 0);
  for (let at = 0; at < 50; at++) progress.apply(step("resourcePreEvent", `r${at}`, "create"), 0, 0);
  const lines = progress.lines("x", 0, 0, 10);
  expect(lines).toHaveLength(10);
  expect(lines.at(-1)).toBe("    and 42 more");
});
