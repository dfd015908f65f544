/** What one check of `roost doctor` came to. */
export interface Finding {
  /** What was looked at, such as `engine`. */
  name: string;
  state: "ok" | "warning" | "fault";
  /** What was found, and where. Never a secret. */
  found: string;
  /** For a warning or fault: why it is one. */
  reason?: string;
  /** For a warning or fault: the next thing to try. */
  next?: string[];
}

export function ok(name: string, found: string): Finding {
  return { name, state: "ok", found };
}

export function warning(name: string, found: string, reason: string, ...next: string[]): Finding {
  return { name, state: "warning", found, reason, next };
}

export function fault(name: string, found: string, reason: string, ...next: string[]): Finding {
  return { name, state: "fault", found, reason, next };
}

/** One line per finding; below each that is not ok its reason and what to try. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const indent = " ".repeat(width + 11);
  const lines = findings.flatMap(({ name, state, found, reason, next = [] }) => [
    `${name.padEnd(width)}  ${state.padEnd(7)}  ${found}`,
    ...(reason ? [`${indent}${reason}`] : []),
    ...next.map((line) => `${indent}→ ${line}`),
  ]);
  const count = (wanted: Finding["state"]) => findings.filter(({ state }) => state === wanted).length;
  const total = `${count("ok")} ok, ${count("warning")} warnings, ${count("fault")} faults`;
  return [...lines, "", total].map((line) => `${line}\n`).join("");
}
