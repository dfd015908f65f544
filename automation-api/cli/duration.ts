export { formatBytes } from "../http/pages/bytes.mjs";

/** "0.4 s", "12 s", "3 min 05 s", "2 h 10 min". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** How long ago, or until, with one unit. */
export function formatAge(milliseconds: number): string {
  const units: [number, string][] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1000, "s"],
  ];
  const size = Math.abs(milliseconds);
  const [length, unit] = units.find(([each]) => size >= each) ?? [1000, "s"];
  return `${Math.floor(size / length)} ${unit}`;
}

/** How long ago a time of the API was, by this machine's clock. */
export function ageOf(time: string): string;
export function ageOf(time: string | null | undefined): string | null;
export function ageOf(time: string | null | undefined): string | null {
  return time ? formatAge(Date.now() - Date.parse(time)) : null;
}
