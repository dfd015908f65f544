import { expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  countFacts,
  diffFacts,
  Probe,
  readDetails,
  readFacts,
  toMermaid,
  topologyOf,
} from "../../../host-provisioning/facts/index.ts";
import { type Capture, captured } from "./captured.ts";

const captures: Capture[] = ["debian-12-aws", "alpine-3-container", "rocky-8-azure"];
const odd = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "-1",
    "99999999999999999999",
    "NaN",
    ":",
    "\0",
    "\t\t",
    "/",
    "::",
  ),
);

/** A capture in which some lines are cut, doubled, moved into another's place, or spoilt from within. */
const spoilt = fc
  .tuple(
    fc.constantFrom(...captures).map((name) => captured(name).split("\n")),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(5), odd), { maxLength: 60 }),
  )
  .map(([lines, changes]) => {
    const text = [...lines];
    for (const [at, other, kind, value] of changes) {
      const index = at % text.length;
      const line = text[index] as string;
      const from = text[other % text.length] as string;
      if (line.startsWith("== MARK self") || line.startsWith("== MARK end")) continue;
      const cut = other % (line.length + 1);
      text[index] = [
        line.slice(0, cut),
        `${line}\n${line}`,
        from,
        line.slice(0, cut) + value + line.slice(cut),
        value,
        line.replace(/[^:/]+$/, value),
      ][kind] as string;
    }
    return text.join("\n");
  });

it("whatever a host says, it is read without an error, and can be stored, compared and drawn", () => {
  fc.assert(
    fc.property(spoilt, spoilt, (one, other) => {
      const [before, after] = [readFacts(one, "MARK"), readFacts(other, "MARK")];
      if (!before || !after) return;
      const stored = JSON.parse(JSON.stringify(before));
      expect(countFacts(stored)).toBe(countFacts(before));
      expect(diffFacts(stored, before)).toEqual([]);
      diffFacts(before, after);
      expect(toMermaid(topologyOf(before)).startsWith("flowchart LR\n")).toBe(true);
      expect(before.hardware.limits.cpus).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 120 },
  );
}, 30_000);

it("so is anything at all between the first section and the last", () => {
  fc.assert(
    fc.property(fc.array(odd), (lines) => {
      readFacts(["== MARK self", ...lines, "== MARK end"].join("\n"), "MARK");
      for (const section of ["filesystems", "links", "files", "paths", "graphics", "volumes", "keys", "cron"])
        readDetails(new Probe(["== MARK self", `== MARK ${section}`, ...lines].join("\n"), "MARK"), {});
    }),
    { numRuns: 200 },
  );
}, 30_000);
