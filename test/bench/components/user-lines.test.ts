import { expect, it } from "@jest/globals";
import { userLines } from "../../../bench/components/user-lines.ts";

it("counts what a user writes, not comments and empty lines", () => {
  expect(userLines("# why\nconfig:\n  a: 1 # also this\n\n  # not this\n  b: '#'\n")).toBe(3);
});
