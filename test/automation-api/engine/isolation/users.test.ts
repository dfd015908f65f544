import { expect, it } from "@jest/globals";
import { chooseRange } from "../../../../automation-api/engine/launcher-users.ts";

const maps: [string, string, number | undefined][] = [
  ["a whole machine", "         0          0 4294967295\n", 1_900_000_000],
  ["a container with the usual share of ids", "         0     100000      65536\n", 50_000],
  ["a container of a single user", "         0       1000          1\n", undefined],
  ["ids in two pieces, of which the second is wide enough", "0 1000 1\n1 100000 65536\n", 50_000],
  ["a piece that ends in the middle of the range", "0 100000 55000\n", undefined],
  ["no map at all", "", undefined],
];

it.each(maps)("chooses user ids that exist in %s", (_what, uidMap, first) => {
  expect(chooseRange(uidMap)?.first).toBe(first);
});
