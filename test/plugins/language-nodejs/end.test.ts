import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { nodePath, reasonWithoutEngine, repository, withProject } from "../../support/engine.ts";
import { pidsIn, untilGone } from "../../support/processes.ts";

const hostPath = join(repository, "plugins/language-nodejs/main.ts");
// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(120_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;

/** A program that never ends, with a child of its own; both note their process ids (and the host's). */
const hanging = {
  files: {
    "package.json": '{"type":"module","main":"index.js"}',
    "index.js": `
      import { appendFileSync } from "node:fs";
      import { spawn } from "node:child_process";
      const child = spawn("sleep", ["1000"]);
      appendFileSync("pids", process.pid + "\\n" + child.pid + "\\n" + process.ppid + "\\n");
      await new Promise(() => setInterval(() => undefined, 1000));
    `,
  },
};

suite("a program that hangs", () => {
  it("ends with the CLI on Ctrl-C, and leaves no process", async () => {
    await withProject(hanging, async ({ start, folder }) => {
      const up = start(["up", "--yes", "--skip-preview"]);
      const pids = await pidsIn(join(folder, "pids"), 3);
      const from = Date.now();
      up.kill("SIGINT");
      const { code, output } = await up.done;
      expect(Date.now() - from).toBeLessThan(2_000);
      expect(code).not.toBe(0);
      expect(output).toContain("cancel");
      await untilGone(pids, 1);
    });
  });

  it("is gone after kill -9 of the CLI, with its host and its own children", async () => {
    await withProject(hanging, async ({ start, folder }) => {
      const up = start(["up", "--yes", "--skip-preview"]);
      const pids = await pidsIn(join(folder, "pids"), 3);
      up.kill("SIGKILL");
      await untilGone(pids, 2);
    });
  });

  it("is gone after kill -9 of the host, with its own children", async () => {
    await withProject(hanging, async ({ start, folder }) => {
      const up = start(["up", "--yes", "--skip-preview"]);
      const [program = 0, child = 0, host = 0] = await pidsIn(join(folder, "pids"), 3);
      process.kill(host, "SIGKILL");
      await untilGone([program, child], 2);
      await up.done;
    });
  });
});

suite("the host itself", () => {
  it.each([
    ["without a program", false],
    ["while a program runs", true],
  ])("leaves at once on SIGINT, %s", async (_, running) => {
    await withProject(hanging, async ({ folder, start }) => {
      const host = spawn(nodePath, [hostPath, "127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"] });
      const [port] = await once(host.stdout.setEncoding("utf8"), "data");
      // The engine attaches to this host, so that it is ours to signal and to wait for.
      const env = { PULUMI_DEBUG_LANGUAGES: `nodejs:${String(port).trim()}` };
      const up = running ? start(["up", "--yes", "--skip-preview"], env) : undefined;
      const pids = up ? (await pidsIn(join(folder, "pids"), 3)).slice(0, 2) : [];
      const from = performance.now();
      host.kill("SIGINT");
      const [code] = await once(host, "exit");
      // 100 ms on a quiet machine; the engine itself would wait for 5 s.
      expect(performance.now() - from).toBeLessThan(400);
      expect(code).toBe(0);
      await untilGone(pids, 1);
      await up?.done;
    });
  });
});
