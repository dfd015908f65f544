/** How many lines a user writes: those of a YAML text that are neither empty nor comments. */
export function userLines(text: string): number {
  return text.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).length;
}
