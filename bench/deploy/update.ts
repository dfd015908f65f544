import type { Row } from "../report.ts";
import type { Lab } from "./lab.ts";
import type { Server } from "./server.ts";
import { median, quantile } from "./statistics.ts";
import { ourWay, personsWay } from "./ways.ts";

const resources = 10;
/** Until what the update before it left to be done in the background is done. */
const restMilliseconds = 300;

/**
 * Updates of a 10-resource stack in which every resource changes: by our API, and by the same call of the CLI
 * on the same backend from a process that has just imported the program, in pairs. Before each the runner
 * is warm, since a person does not queue back to back. The wrapper is what the API adds in the middle of each.
 */
export async function measureUpdates(lab: Lab, server: Server, pairs: number): Promise<Row[]> {
  const api = await ourWay(lab, server).open("updated", resources);
  const cli = await personsWay(lab, "cli", server).open("updated-cli", resources);
  await api.update("first");
  await cli.update("first");
  const taken = { api: [] as number[], cli: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? (["cli", "api"] as const) : (["api", "cli"] as const);
    for (const name of order) {
      await server.ask({ kind: "warm" });
      await new Promise((resolve) => setTimeout(resolve, restMilliseconds));
      const { milliseconds } = await (name === "api" ? api : cli).update(`pair ${pair}`);
      taken[name].push(milliseconds);
    }
    console.log(
      `pair ${pair + 1}: API ${Math.round(taken.api.at(-1)!)} ms, CLI ${Math.round(taken.cli.at(-1)!)} ms`,
    );
  }
  const phases = Object.entries(await server.endings.phases("updated", pairs));
  console.log(
    `medians of the API's part: ${phases.map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(", ")}`,
  );
  const seconds = (share: number) => quantile(taken.api, share) / 1000;
  return [
    {
      metric: "api_update_10_p50_s",
      value: seconds(0.5),
      unit: "s",
      goal: { atMost: 0.5 },
      baseline: median(taken.cli) / 1000,
    },
    {
      metric: "api_update_10_p95_s",
      value: seconds(0.95),
      unit: "s",
      baseline: quantile(taken.cli, 0.95) / 1000,
    },
    {
      metric: "wrapper_overhead_ms",
      value: median(taken.api) - median(taken.cli),
      unit: "ms",
      goal: { atMost: 50 },
    },
  ];
}
