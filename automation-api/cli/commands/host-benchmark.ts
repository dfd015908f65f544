import { Command, Option } from "commander";
import {
  type BenchmarkRequest,
  plannedBenchmark,
  shownBenchmark,
  workloads,
} from "../../benchmarks/contract.ts";
import { profileNames } from "../../tuning/contract.ts";
import type { Client } from "../client.ts";
import { assignments } from "../config-arguments.ts";
import { exitCodes } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderTable } from "../table.ts";
import { executeAction, previewAction, wholeNumber } from "./host-actions.ts";

interface BenchmarkFlags extends ClientFlags {
  profile?: BenchmarkRequest["profile"];
  set?: [string, string][];
  workload?: string[];
  seconds?: number;
  execute?: string;
}

export function hostBenchmarkCommand(session: Session): Command {
  return withServer(new Command("benchmark"))
    .description("Measure a host, or a tuning of it that goes back by itself when something became worse")
    .argument("<host>", "name or id")
    .argument("[change]", "auto, kernel, memory, disk, network; none: as it is, at once", "none")
    .addOption(new Option("--profile <name>", "default: what its hardware speaks for").choices(profileNames))
    .option(
      "--set <name=value>",
      "a kernel setting that is the change; may be given again",
      assignments("--set", String),
    )
    .addOption(new Option("--workload <names...>", "default: all of them").choices(workloads))
    .option("--seconds <number>", "of measuring, at most (5 to 1200)", (text) =>
      wholeNumber(text, "--seconds"),
    )
    .option("--execute <action>", "measure what was shown, and follow it")
    .addHelpText(
      "after",
      examples(
        "roost host benchmark web-1",
        "roost host benchmark web-1 network --profile server_production",
        "roost host benchmark web-1 --set net.ipv4.tcp_congestion_control=bbr --workload loopback",
        "roost host benchmark web-1 --execute act_…",
      ),
    )
    .action(async (host: string, change: string, flags: BenchmarkFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) {
        await executeAction(client, session, flags, host, flags.execute);
        if (session.exitCode === exitCodes.ok) await show(client, session, flags, flags.execute);
        return;
      }
      const { profile, seconds, workload } = flags;
      const set = flags.set && Object.fromEntries(flags.set);
      const body = { host, change, profile, set, seconds, workloads: workload };
      const path = "/api/v1/benchmark/run";
      if (change === "none" && set === undefined) {
        const queued = await client.send({ method: "POST", path, body, reply: plannedBenchmark });
        const how = {
          json: flags.json,
          title: `benchmark of ${queued.host.name}`,
          onInterrupt: "detach" as const,
        };
        session.exitCode = await follow(client, queued.deployment?.id ?? "", session, how);
        if (session.exitCode === exitCodes.ok) await show(client, session, flags, queued.id);
        return;
      }
      const request = { path, body, command: `roost host benchmark ${host}` };
      await previewAction(client, session, flags, request, (detail) => {
        const { writes } = detail as { writes: { path: string; before: string; value: string }[] };
        return ["", ...writes.map((one) => `${one.path}: ${one.before} -> ${one.value}`), ""].join("\n");
      });
    });
}

/** What was found, as a table; exit code 1 when it was taken back. */
async function show(client: Client, session: Session, flags: ClientFlags, id: string): Promise<void> {
  const found = await client.send({ path: `/api/v1/benchmark/results/${id}`, reply: shownBenchmark });
  const { result } = found;
  if (result === null) return;
  const percent = (share: number | null) => (share === null ? "" : (share * 100).toFixed(1));
  print(session, flags, found, () => {
    const table = renderTable(
      result.workloads,
      [
        { title: "WORKLOAD", value: ({ name }) => name },
        { title: "BEFORE MS", value: ({ beforeMs }) => beforeMs.toFixed(3) },
        { title: "AFTER MS", value: ({ afterMs }) => afterMs.toFixed(3) },
        {
          title: "LONGER BY %",
          value: ({ shift, low, high }) => `${percent(shift)} (${percent(low)} to ${percent(high)})`,
        },
        { title: "PAIRS", value: ({ pairs }) => String(pairs) },
        { title: "VERDICT", value: ({ verdict }) => verdict },
      ],
      widthOf(session.context),
    );
    const quiet = result.wasQuiet === false ? "Others were using the machine before it began.\n" : "";
    return `${table}${quiet}${result.isReverted ? "Something became worse: it was taken back.\n" : ""}`;
  });
  if (result.isReverted) session.exitCode = exitCodes.failed;
}
