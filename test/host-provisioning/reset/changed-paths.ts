import { differences } from "../../support/test-host.ts";

/**
 * Paths of which two states of a host say different things. The root of the tree holds nothing that a reset changes;
 * its own time is not its content's.
 */
export function changedPaths(before: string[], after: string[]): string[] {
  const kinds = "regular|directory|symbolic|fifo|socket|holds";
  const line = new RegExp(`^[-+] \\.(/.*?) (${kinds}) `);
  const paths = differences(before, after).flatMap((each) => line.exec(each)?.[1] ?? []);
  return [...new Set(paths)].sort();
}
