import { Command } from "commander";
import { invalid } from "../../errors.ts";
import {
  type Samples,
  samples as samplesSchema,
  sampling as samplingSchema,
} from "../../samples/contract.ts";
import { formatBytes } from "../duration.ts";
import { type ClientFlags, examples, openClient, print, type Session, withServer } from "../session.ts";
import { renderFields } from "../table.ts";
import { findHost } from "./find-host.ts";

type Sample = Samples["samples"][number];

interface Measure {
  name: string;
  value: (sample: Sample) => number | null;
  /** What the chart's full height stands for; absent: the highest value. */
  most?: number;
  text: (value: number) => string;
}

const percent = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
const rate = (value: number): string => `${formatBytes(value)}/s`;
const measures: Measure[] = [
  { name: "processor", value: (one) => one.cpuPercent, most: 100, text: percent },
  { name: "memory", value: (one) => one.memoryPercent, most: 100, text: percent },
  { name: "root disk full", value: (one) => one.diskPercent, most: 100, text: percent },
  { name: "disk reads", value: (one) => one.readBytesPerSecond, text: rate },
  { name: "disk writes", value: (one) => one.writtenBytesPerSecond, text: rate },
  { name: "waits for cpu", value: (one) => one.cpuPressurePercent, most: 100, text: percent },
  { name: "waits for disks", value: (one) => one.ioPressurePercent, most: 100, text: percent },
  { name: "waits for memory", value: (one) => one.memoryPressurePercent, most: 100, text: percent },
];
const bars = [..."▁▂▃▄▅▆▇█"];
const chartColumns = 60;
const mostHours = 24 * 366;

interface PerformanceFlags extends ClientFlags {
  every?: string;
  stop?: boolean;
  hours: string;
}

export function hostPerformanceCommand(session: Session): Command {
  return withServer(new Command("performance"))
    .description("Show how busy a host was over time, or begin and end sampling it")
    .argument("<host>", "name or id")
    .option("--every <seconds>", "sample it from now on, this often (10 to 3600)")
    .option("--stop", "sample it no longer; what was sampled stays")
    .option("--hours <hours>", "how far to look back", "24")
    .addHelpText(
      "after",
      examples("roost host performance web-1 --every 60", "roost host performance web-1 --hours 2"),
    )
    .action(async (name: string, flags: PerformanceFlags) => {
      const hours = Number(flags.hours);
      if (!(hours > 0 && hours <= mostHours)) throw invalid("--hours", "expected a number of hours");
      if (flags.every !== undefined && flags.stop) throw invalid("--stop", "give it or --every, not both");
      const client = await openClient(session, flags);
      const { id } = await findHost(client, name);
      const path = `/api/v1/hosts/${id}`;
      if (flags.stop) await client.send({ method: "DELETE", path: `${path}/sampling` });
      if (flags.every !== undefined) {
        const body = { seconds: Number(flags.every) };
        await client.send({ method: "PUT", path: `${path}/sampling`, body, reply: samplingSchema });
      }
      const seconds = hours * 3600;
      const query = {
        from: new Date(Date.now() - seconds * 1000).toISOString(),
        step: Math.max(10, Math.ceil(seconds / chartColumns)),
      };
      const found = await client.send({ path: `${path}/samples`, query, reply: samplesSchema });
      print(session, flags, found, renderSamples);
    });
}

/** A line for each measure: its course, then its lowest, middle and highest value, and the newest. */
export function renderSamples({ host, sampling, from, to, stepSeconds, samples }: Samples): string {
  const how = sampling
    ? `every ${sampling.seconds} s${sampling.fault ? `; the last try failed: ${sampling.fault}` : ""}`
    : "no: `roost host performance HOST --every 60` begins it";
  const head = renderFields([
    ["host", host.name],
    ["sampled", how],
    ["from", from],
    ["to", `${to}, ${stepSeconds} s to a column`],
  ]);
  if (samples.length === 0) return `${head}\nThere are no samples of that time.\n`;
  const lines = measures.flatMap(({ name, value, most, text }) => {
    const known = samples.flatMap((one) => value(one) ?? []);
    const newest = known.at(-1);
    if (newest === undefined) return [];
    const sorted = known.toSorted((a, b) => a - b);
    const [low, middle, high] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map(
      (at) => sorted[at] as number,
    ) as [number, number, number];
    const course = chart(samples, { from, to, stepSeconds }, (one) => value(one), most ?? high);
    const numbers = `${text(low)} … ${text(middle)} … ${text(high)}, now ${text(newest)}`;
    return [`${name.padEnd(16)}  ${course}  ${numbers}\n`];
  });
  return `${head}\n${lines.join("")}`;
}

/** One letter for each step of the time; a blank where nothing is known. */
function chart(
  samples: Sample[],
  { from, to, stepSeconds }: Pick<Samples, "from" | "to" | "stepSeconds">,
  value: (sample: Sample) => number | null,
  most: number,
): string {
  const begin = Date.parse(from);
  const width = Math.max(1, Math.ceil((Date.parse(to) - begin) / 1000 / stepSeconds));
  const letters = Array.from({ length: width }, () => " ");
  for (const sample of samples) {
    const found = value(sample);
    if (found === null) continue;
    const at = Math.min(width - 1, Math.floor((Date.parse(sample.at) - begin) / 1000 / stepSeconds));
    const height = most > 0 ? Math.round((found / most) * (bars.length - 1)) : 0;
    letters[at] = bars[Math.min(bars.length - 1, height)] as string;
  }
  return letters.join("");
}
