import { describe, expect, it } from "@jest/globals";
import { advance, emptyIndex, type Index, limits } from "../../../automation-api/sync/domain.ts";

const at = new Date("2026-01-01T00:00:00Z");
const push = (index: Index, revision: string, base: string | null, name = "default") =>
  advance(index, { name, revision, base, at });
const pushed = (index: Index, revision: string, base: string | null, name?: string): Index => {
  const next = push(index, revision, base, name);
  if (next.kind !== "advanced") throw new Error(next.kind);
  return next.index;
};

describe("advance", () => {
  it("puts the new revision in front, from the one that was current", () => {
    const index = pushed(pushed(emptyIndex, "a", null), "b", "a");
    expect(index.shells.default).toEqual({
      current: "b",
      versions: [
        { revision: "b", pushedAt: at.toISOString() },
        { revision: "a", pushedAt: at.toISOString() },
      ],
    });
  });

  it("takes an older one to the front again, once", () => {
    const index = pushed(pushed(pushed(emptyIndex, "a", null), "b", "a"), "a", "b");
    expect(index.shells.default?.current).toBe("a");
    expect(index.shells.default?.versions.map(({ revision }) => revision)).toEqual(["a", "b"]);
  });

  it("changes nothing for a push that is repeated", () => {
    const index = pushed(emptyIndex, "a", null);
    expect(push(index, "a", null)).toEqual({ kind: "same", index });
  });

  it.each([
    ["from an older one", "a", "b"],
    ["from none", null, "b"],
  ])("refuses a push %s, and names the current one", (_, base, current) => {
    const index = pushed(pushed(emptyIndex, "a", null), "b", "a");
    expect(push(index, "c", base)).toEqual({ kind: "conflict", current });
  });

  it("refuses one from something where nothing is, also for names of every object", () => {
    expect(push(emptyIndex, "a", "x")).toEqual({ kind: "conflict", current: null });
    expect(push(emptyIndex, "a", null, "constructor").kind).toBe("advanced");
  });

  it("forgets the oldest version, and refuses one shell too many", () => {
    let index = emptyIndex;
    for (let nth = 0; nth < limits.versions; nth++)
      index = pushed(index, `r${nth}`, nth ? `r${nth - 1}` : null);
    const next = push(index, "last", `r${limits.versions - 1}`);
    expect(next).toMatchObject({ kind: "advanced", forgotten: ["r0"] });
    let many = emptyIndex;
    for (let nth = 0; nth < limits.shells; nth++) many = pushed(many, "a", null, `s${nth}`);
    expect(push(many, "a", null, "more")).toEqual({ kind: "too-many" });
    expect(push(many, "b", "a", "s1").kind).toBe("advanced");
  });
});
