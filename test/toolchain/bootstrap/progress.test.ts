import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../../toolchain/bootstrap/failure.mjs";
import { formatSeconds, showStep } from "../../../toolchain/bootstrap/progress.mjs";

describe("time as text", () => {
  it.each([
    [420, "0.4 s"],
    [12_300, "12 s"],
    [185_000, "3 min 05 s"],
  ])("%d ms is %s", (elapsedMs, text) => {
    expect(formatSeconds(elapsedMs)).toBe(text);
  });
});

describe("a step", () => {
  const show = async (isTTY: boolean, work: (say: (text: string) => void) => Promise<string>) => {
    let text = "";
    const output = {
      isTTY,
      columns: 100,
      write: (part: string) => {
        text += part;
      },
    };
    const result = await showStep(
      { index: 2, total: 5, name: "engine", output },
      work,
      (found) => found,
    ).catch(String);
    return { text, result };
  };

  it("that finds everything in place says nothing", async () => {
    expect(await show(false, async () => "3.259.0")).toEqual({ text: "", result: "3.259.0" });
  });

  it("that works says what it does and how it ended, with its place and time", async () => {
    const { text } = await show(false, async (say) => {
      say("building");
      say("building: 3 modules");
      return "3.259.0 (built)";
    });
    expect(text.split("\n")).toEqual([
      expect.stringMatching(/^step 2 of 5 {2}engine +0\.\d s {2}building$/),
      expect.stringMatching(/^step 2 of 5 {2}engine +0\.\d s {2}3\.259\.0 \(built\)$/),
      "",
    ]);
  });

  it("that fails says so and passes the failure on", async () => {
    const { text, result } = await show(true, async () => {
      throw new Error("no Go");
    });
    expect(text).toContain("failed\n");
    expect(result).toBe("Error: no Go");
  });
});

describe("a failure", () => {
  it("tells what, why and what to try, in that order", () => {
    const failure = new Failure({
      what: "no engine",
      why: "no Go\nno network",
      next: ["install Go", "set a path"],
    });
    expect(failure.toText().split("\n")).toEqual([
      "  what   no engine",
      "  why    no Go",
      "         no network",
      "  next   install Go",
      "    or   set a path",
    ]);
  });
});
