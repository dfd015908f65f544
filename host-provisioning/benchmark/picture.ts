import { equivalenceBand } from "./compare.ts";
import type { BenchmarkResult, WorkloadResult } from "./measurement.ts";

const percent = (share: number): string => {
  const text = (share * 100).toFixed(1).replace("-0.0", "0.0");
  return share > 0 && text !== "0.0" ? `+${text}` : text;
};

/** `loopback: +34.1 % (32.0 to 36.2), worse`: the share by which it takes longer with the change. */
export function resultLine({ name, shift, low, high, verdict }: WorkloadResult): string {
  return `${name}: ${percent(shift)} % (${percent(low)} to ${percent(high)}), ${verdict}`;
}

const [rowHeight, left, right, top, width] = [34, 110, 250, 46, 760];
const colours = { better: "#1a7f37", worse: "#b42318", same: "#475467", unclear: "#b54708" } as const;

/**
 * The intervals of all workloads over one axis, with the band in which nothing counts as other. Pure; an SVG document
 * without scripts and styles, whose every word is ours.
 */
export function toSvg({ workloads, isReverted, seconds }: BenchmarkResult, title: string): string {
  const finite = workloads
    .flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])
    .filter(Number.isFinite);
  const reach = Math.max(0.05, ...finite) * 1.1;
  const x = (share: number) => {
    const inside = Math.max(-reach, Math.min(reach, share));
    return (left + ((inside + reach) / (2 * reach)) * (width - left - right)).toFixed(1);
  };
  const height = top + workloads.length * rowHeight + 40;
  const bottom = top + workloads.length * rowHeight;
  const band = `<rect x="${x(-equivalenceBand)}" y="${top}" width="${(Number(x(equivalenceBand)) - Number(x(-equivalenceBand))).toFixed(1)}" height="${bottom - top}" fill="#eaecf0"/>`;
  const zero = `<line x1="${x(0)}" y1="${top}" x2="${x(0)}" y2="${bottom}" stroke="#98a2b3"/>`;
  const rows = workloads.map((one, index) => {
    const y = top + index * rowHeight + rowHeight / 2;
    const colour = colours[one.verdict];
    return [
      `<text x="12" y="${y + 4}">${one.name}</text>`,
      `<line x1="${x(one.low)}" y1="${y}" x2="${x(one.high)}" y2="${y}" stroke="${colour}" stroke-width="3"/>`,
      `<circle cx="${x(one.shift)}" cy="${y}" r="5" fill="${colour}"/>`,
      `<text x="${width - right + 14}" y="${y + 4}" fill="${colour}">${resultLine(one).slice(one.name.length + 2)}</text>`,
    ].join("");
  });
  const axis = [-reach, 0, reach].map(
    (share) => `<text x="${x(share)}" y="${bottom + 18}" text-anchor="middle">${percent(share)} %</text>`,
  );
  const pairs = Math.min(...workloads.map((one) => one.pairs));
  const end = `${pairs} pairs in ${seconds.toFixed(0)} s${isReverted ? "; taken back" : ""}. More takes longer.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="24" font-size="15">${escaped(title)}</text>`,
    band,
    zero,
    ...rows,
    ...axis,
    `<text x="12" y="${height - 6}" fill="#475467">${end}</text>`,
    "</svg>\n",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
