import type { Sample } from "./samples.ts";

interface Line {
  title: string;
  /** Letters of a class in the page's style. */
  kind: string;
  value: (sample: Sample) => number | null;
}

const lines: Line[] = [
  { title: "Processor", kind: "cpu", value: ({ cpuPercent }) => cpuPercent },
  { title: "Memory", kind: "memory", value: ({ memoryPercent }) => memoryPercent },
  { title: "Root file system", kind: "disk", value: ({ diskPercent }) => diskPercent },
  { title: "Waiting for disks", kind: "io", value: ({ ioPressurePercent }) => ioPressurePercent },
];
const [width, height] = [960, 200];

/** Style of the pictures, for the page that holds them. */
export const pictureStyle =
  "svg.samples { width: 100%; height: auto; border: 1px solid #ccc } svg.samples polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke } " +
  ".cpu { stroke: #0a5bd3; color: #0a5bd3 } .memory { stroke: #05620b; color: #05620b } .disk { stroke: #7a5200; color: #7a5200 } .io { stroke: #a4000f; color: #a4000f } .key { stroke: none }";

/** Shares of 100 over time, as a picture with its key. Pure; holds numbers and texts of ours alone. Empty: a sentence. */
export function toPicture(samples: Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || samples.length < 2) return "<p>Too few samples for a picture.</p>";
  const [from, to] = [Date.parse(first.at), Date.parse(last.at)];
  const drawn = lines.map(({ title, kind, value }) => {
    const points = samples.flatMap((sample) => {
      const share = value(sample);
      if (share === null) return [];
      const x = ((Date.parse(sample.at) - from) / (to - from)) * width;
      return `${x.toFixed(1)},${(height - (share / 100) * height).toFixed(1)}`;
    });
    const newest = value(last);
    return {
      line: `<polyline class="${kind}" points="${points.join(" ")}"/>`,
      key: `<span class="key ${kind}">${title} ${newest === null ? "unknown" : `${newest} %`}</span>`,
    };
  });
  const label = `Shares of 100 from ${first.at} to ${last.at}`;
  return `<figure>
<svg class="samples" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${drawn.map(({ line }) => line).join("")}</svg>
<figcaption>${label}. ${drawn.map(({ key }) => key).join(", ")}.</figcaption>
</figure>`;
}
