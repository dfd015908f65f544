/** How a value is meant: a limit is only ever raised by `atLeast` and lowered by `atMost`. */
export type Operator = "equal" | "atLeast" | "atMost";

/** One file of /proc/sys or /sys and what is to stand in it. */
export interface Setting {
  /** Absolute; one `*` stands for every processor policy. */
  path: string;
  operator: Operator;
  /** As it is written; several numbers with one blank between them. */
  value: string;
  /** Why. */
  reason: string;
  /** Where that can be read up. */
  source: string;
}

/** `vm.swappiness` as `/proc/sys/vm/swappiness`. */
export function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}

/** `/proc/sys/vm/swappiness` as `vm.swappiness`; undefined for what is no sysctl. */
export function sysctlName(path: string): string | undefined {
  return path.startsWith("/proc/sys/") ? path.slice("/proc/sys/".length).replaceAll("/", ".") : undefined;
}

export function sysctl(
  name: string,
  operator: Operator,
  value: string | number,
  reason: string,
  source: string,
): Setting {
  return { path: sysctlPath(name), operator, value: String(value), reason, source };
}

/** What a file says is in force: of several choices the one in brackets, blanks as one. */
export function valueIn(text: string): string {
  const chosen = /\[([^\]]*)\]/.exec(text)?.[1];
  return chosen ?? text.trim().replaceAll(/\s+/g, " ");
}

/**
 * The value that satisfies a setting and is nearest to what is there: with `atLeast` and `atMost` number by number,
 * so that a better limit stays. What is no list of as many whole numbers is replaced.
 */
export function valueFor({ operator, value }: Pick<Setting, "operator" | "value">, found: string): string {
  if (operator === "equal") return value;
  const wanted = numbersOf(value);
  const there = numbersOf(found);
  if (!wanted || !there || wanted.length !== there.length) return value;
  const better = wanted.map((number, index) => {
    const other = there[index] as bigint;
    return (operator === "atLeast") === other > number ? other : number;
  });
  return better.join(" ");
}

/** True: what is there needs no change. */
export function isMet(setting: Pick<Setting, "operator" | "value">, found: string): boolean {
  return valueFor(setting, valueIn(found)) === valueIn(found);
}

/** Exact: fs.file-max is above what a floating-point number holds. */
function numbersOf(text: string): bigint[] | undefined {
  const words = valueIn(text).split(" ");
  return words.every((word) => /^-?\d+$/.test(word)) ? words.map(BigInt) : undefined;
}
