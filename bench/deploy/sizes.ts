import type { Row } from "../report.ts";
import type { Lab } from "./lab.ts";
import type { Server } from "./server.ts";
import { median } from "./statistics.ts";
import { type Cost, ourWay, personsWay, type Way } from "./ways.ts";

/** How many resources, and how often each way is measured with them. */
export interface Size {
  count: number;
  repetitions: number;
}

interface Line {
  way: string;
  count: number;
  operation: "create" | "no-op";
  costs: Cost[];
}

/**
 * Create and no-op of stacks of several sizes in every way, in turns, each from a process that has just imported
 * the program. The largest size also on a server that keeps states in memory, which tells what durability costs.
 */
export async function measureSizes(lab: Lab, server: Server, sizes: Size[]): Promise<Row[]> {
  const memory = await lab.server("memory");
  const common = [personsWay(lab, "cli"), personsWay(lab, "cli", server), personsWay(lab, "up", server)];
  const ours = ourWay(lab, server);
  const inMemory = ourWay(lab, memory, "our API, states in memory");
  const largest = Math.max(...sizes.map(({ count }) => count));
  const lines: Line[] = [];
  for (const size of sizes) {
    const ways = [...common, ours, ...(size.count === largest ? [inMemory] : [])];
    lines.push(
      ...(await measureSize(
        ways.filter(({ maximum }) => size.count <= maximum),
        size,
      )),
    );
  }
  await memory.close();
  console.log(
    `\n${table(lines)}\n\nfile backend: no more than 100 resources, since each step writes the whole state.\n`,
  );
  const seconds = (way: Way, operation: Line["operation"]) =>
    median(costsOf(lines, way, largest, operation).map(({ milliseconds }) => milliseconds)) / 1000;
  const ratio = seconds(ours, "create") / seconds(inMemory, "create");
  return [
    { metric: `create_${largest}_s`, value: seconds(ours, "create"), unit: "s", goal: { atMost: 15 } },
    { metric: `create_${largest}_ratio_in_memory`, value: ratio, unit: "x", goal: { atMost: 1.25 } },
    { metric: `no_op_${largest}_s`, value: seconds(ours, "no-op"), unit: "s" },
  ];
}

async function measureSize(ways: Way[], { count, repetitions }: Size): Promise<Line[]> {
  const lines = ways.flatMap(({ name }) =>
    (["create", "no-op"] as const).map((operation): Line => ({ way: name, count, operation, costs: [] })),
  );
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const way of ways) {
      const subject = await way.open(`s${count}-${repetition}-${ways.indexOf(way)}`, count);
      for (const line of lines.filter((each) => each.way === way.name)) {
        const cost = await subject.update("x");
        line.costs.push(cost);
        console.log(`${count} ${line.operation} by ${way.name}: ${Math.round(cost.milliseconds)} ms`);
      }
    }
  }
  return lines;
}

function costsOf(lines: Line[], way: Way, count: number, operation: Line["operation"]): Cost[] {
  return lines
    .filter((line) => line.way === way.name && line.count === count && line.operation === operation)
    .flatMap(({ costs }) => costs);
}

function table(lines: Line[]): string {
  const rows = lines.map(({ way, count, operation, costs }) => {
    const middle = (name: keyof Cost) => median(costs.map((cost) => cost[name]));
    return [
      String(count),
      operation,
      way,
      String(Math.round(middle("milliseconds"))),
      middle("cpuSeconds").toFixed(2),
      String(Math.round(middle("requests"))),
      (middle("bytes") / 1000).toFixed(0),
    ];
  });
  const all = [["resources", "operation", "way", "wall ms", "CPU s", "requests", "kB"], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const isText = (column: number) => column === 1 || column === 2;
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
        )
        .join("  "),
    )
    .join("\n");
}
