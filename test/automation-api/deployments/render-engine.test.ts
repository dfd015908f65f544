import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { createLogRenderer } from "../../../automation-api/deployments/render.ts";
import { type Project, reasonWithoutEngine, withProject } from "../../support/engine.ts";

const reason = reasonWithoutEngine();
if (reason) console.warn(`skipped: ${reason}`);

const program = `
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
class Box extends pulumi.ComponentResource {
  constructor(name) { super("demo:index:Box", name); this.registerOutputs({}); }
}
new Box("one");
if (config.get("two")) new Box("two");
pulumi.log.info("hello from the program");
if (config.get("warn")) pulumi.log.warn("be careful\\nsecond line");
if (config.get("fail")) throw new Error("broken by request");
export const message = config.get("message") || "hi";
export const count = 3;
export const key = pulumi.secret("canary-render");
export const more = config.get("drop") ? undefined : { a: [1, "x"] };
`;

async function rendered(project: Project, args: string[]): Promise<{ ours: string; theirs: string }> {
  const log = path.join(project.root, "events.json");
  const run = await project.pulumi([...args, `--event-log=${log}`, "--color=never"], {
    PULUMI_DEBUG_COMMANDS: "true",
  });
  const render = createLogRenderer();
  const lines = (await readFile(log, "utf8")).trim().split("\n");
  const ours = lines.map((line) => render({ kind: "engine", data: JSON.parse(line) })).join("");
  return { ours, theirs: run.output };
}

/** Lines of a section such as `Resources:`, without times and outer space. */
function section(text: string, title: string): string[] {
  const lines = text.split("\n");
  const start = lines.indexOf(title);
  if (start < 0) return [];
  const next = lines.findIndex((line, index) => index > start && /^\S/.test(line));
  const inner = lines.slice(start + 1, next < 0 ? undefined : next);
  return inner.map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean);
}

/** What happened to each resource: `+ demo:index:Box one created`. */
function rows(text: string): string[] {
  const found = text.matchAll(/^ ([+~-]+) +(\S+ \S+ \**(?:creat|updat|delet)\w+(?: failed)?)/gm);
  return [...found].map(([, mark, rest]) => `${mark} ${rest}`);
}

(reason ? describe.skip : describe)("the log of real engine events", () => {
  it("says what the pulumi command says", async () => {
    const files = { "index.js": program, "package.json": '{"type":"module"}' };
    await withProject({ files }, async (project) => {
      const up = ["up", "--yes", "--skip-preview"];
      const runs: [name: string, config: string[], args: string[]][] = [
        ["create", [], up],
        ["preview", ["two", "message", "drop", "warn"], ["preview"]],
        ["update", [], up],
        ["failure", ["fail"], up],
        ["destroy", [], ["destroy", "--yes", "--skip-preview"]],
      ];
      for (const [name, keys, args] of runs) {
        for (const key of keys) await project.pulumi(["config", "set", key, "yes"]);
        const { ours, theirs } = await rendered(project, args);
        const context = `${name}:\n${ours}\n---\n${theirs}`;
        const compared = {
          resources: section(ours, "Resources:"),
          // Nested values have one line here and a tree there.
          outputs: section(ours, "Outputs:").filter((line) => !/more|key/.test(line)),
          rows: rows(theirs).filter((row) => !rows(ours).includes(row)),
          diagnostics: section(ours, "Diagnostics:").filter(
            (line) => !theirs.includes(line) && !line.startsWith("at "),
          ),
        };
        expect([context, compared]).toEqual([
          context,
          {
            resources: section(theirs, "Resources:"),
            outputs: section(theirs, "Outputs:").filter((line) => /count|message/.test(line)),
            rows: [],
            diagnostics: [],
          },
        ]);
        expect(ours).not.toContain("canary-render");
        expect(ours.includes("hello from the program")).toBe(name !== "destroy");
        if (name === "failure") expect(ours).toMatch(/Error: broken by request\n\s+at .*index\.js:11/);
      }
    });
  }, 180_000);
});
