import { readdirSync, readFileSync } from "node:fs";

/** `getconf CLK_TCK` of every Linux that Node runs on. */
const ticksPerSecond = 100;

interface Process {
  pid: number;
  parent: number;
  /** Of it and of its children that have ended and were collected. */
  cpuSeconds: number;
}

/**
 * CPU seconds of these processes with everything below them, ended children included: the difference of two
 * calls is what was used in between. NaN where there is no /proc.
 */
export function cpuSeconds(roots: readonly number[]): number {
  const processes = list();
  if (processes.length === 0) return Number.NaN;
  return below(processes, roots).reduce((sum, each) => sum + each.cpuSeconds, 0);
}

/**
 * Memory of these processes with everything below them. Pages that several share are counted once where the
 * system lets us look (PSS), else in each (RSS). NaN where there is no /proc.
 */
export function memoryBytes(roots: readonly number[]): { bytes: number; processes: number } {
  const found = below(list(), roots);
  if (found.length === 0) return { bytes: Number.NaN, processes: 0 };
  const bytes = found.reduce((sum, { pid }) => sum + (proportional(pid) ?? residentBytes(pid)), 0);
  return { bytes, processes: found.length };
}

/** Resident memory of one process; 0 when it has gone. */
export function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`));
  return found ? Number(found[1]) * 1024 : 0;
}

function proportional(pid: number): number | undefined {
  const found = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`));
  return found ? Number(found[1]) * 1024 : undefined;
}

function list(): Process[] {
  let names: string[] = [];
  try {
    names = readdirSync("/proc");
  } catch {
    // Not Linux.
  }
  return names.flatMap((name) => (/^\d+$/.test(name) ? parse(Number(name), read(`/proc/${name}/stat`)) : []));
}

function parse(pid: number, stat: string): Process[] {
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 15) return [];
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return [{ pid, parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond }];
}

function below(processes: Process[], roots: readonly number[]): Process[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found = processes.filter(({ pid }) => roots.includes(pid));
  // Grows while it is walked: the children of each are visited too.
  for (const each of found) found.push(...(children.get(each.pid) ?? []));
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
