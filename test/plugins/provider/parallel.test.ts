import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { commandProvider } from "../../../plugins/command/index.ts";
import { type Served, serveProvider } from "../../../plugins/provider/index.ts";
import { type Project, type Run, reasonWithoutEngine, withProject } from "../../support/engine.ts";
import { isAlive, pidsIn, until, untilGone } from "../../support/processes.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(180_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;

/** One command that says its name, notes its process, and then waits for the file `go`. */
const waiting = (name: string): string => `
  const command = require("@pulumi/command");
  new command.local.Command("${name}", {
    dir: __dirname,
    create: "echo line-of-${name}; echo $$ >> pids; while [ ! -e go ]; do sleep 0.1; done; echo end-of-${name}",
  });
`;

suite("three stacks at once on one attached server", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveProvider(commandProvider);
  });
  afterAll(() => served.close());

  const using = (name: string, body: (project: Project) => Promise<void>): Promise<void> =>
    withProject(
      {
        files: { "package.json": '{"main":"index.js"}', "index.js": waiting(name) },
        env: { PULUMI_DEBUG_PROVIDERS: `command:${served.port}` },
      },
      body,
    );

  it("have their own log, their own cancel and their own end", async () => {
    await using("alpha", (alpha) =>
      using("beta", (beta) =>
        using("gamma", async (gamma) => {
          const [a, b, c] = [alpha, beta, gamma].map(({ start }) => start(["up", "--yes", "--skip-preview"]));
          const pids = await Promise.all(
            [alpha, beta, gamma].map(
              async ({ folder }) => (await pidsIn(join(folder, "pids"), 1, 60))[0] ?? 0,
            ),
          );
          const [ofAlpha = 0, ofBeta = 0, ofGamma = 0] = pids;

          await writeFile(join(alpha.folder, "go"), "");
          const endOfAlpha = (await a?.done) as Run;
          expect(endOfAlpha.code).toBe(0);
          // One stack has ended, with the Cancel that the engine always sends: the others still work.
          expect(await Promise.all([ofBeta, ofGamma].map(isAlive))).toEqual([true, true]);

          b?.kill("SIGINT");
          const endOfBeta = (await b?.done) as Run;
          expect(endOfBeta.code).not.toBe(0);
          await untilGone([ofAlpha, ofBeta], 2);
          expect(await isAlive(ofGamma)).toBe(true);

          await writeFile(join(gamma.folder, "go"), "");
          const endOfGamma = (await c?.done) as Run;
          expect(endOfGamma.code).toBe(0);

          for (const [name, { output }] of Object.entries({ alpha: endOfAlpha, gamma: endOfGamma })) {
            expect(output).toContain(`end-of-${name}`);
          }
          expect(endOfBeta.output).not.toContain("end-of-");
          const outputs = { alpha: endOfAlpha.output, beta: endOfBeta.output, gamma: endOfGamma.output };
          for (const [name, output] of Object.entries(outputs)) {
            const others = Object.keys(outputs).filter((other) => other !== name);
            expect(output).toContain(`line-of-${name}`);
            for (const other of others) expect(output).not.toContain(`line-of-${other}`);
          }
          await until("nothing of an ended engine is kept", () => served.connections() === 0, 5);
        }),
      ),
    );
  });
});
