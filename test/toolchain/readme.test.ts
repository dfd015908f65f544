import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, describe, expect, it } from "@jest/globals";
import { ROOT } from "../../toolchain/found.mjs";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { runnableBlocks, sessionScript, testCommand } from "../../toolchain/suites/readme.mjs";

const folder = mkdtempSync(join(tmpdir(), "roost-readme-"));
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readme = () => readFileSync(join(ROOT, "README.md"), "utf8");
const reason = reasonToSkip("engine", "postgres");

describe("README.md", () => {
  it("says how to run the tests", () => {
    expect(testCommand(readme())).toBe("npm test");
  });

  (reason ? it.skip : it)(
    "holds commands that work, in their order, in a new data folder",
    async () => {
      const blocks = runnableBlocks(readme());
      expect(blocks.length).toBeGreaterThan(0);
      const port = await freePort();
      const env = {
        ...withoutOurs(process.env),
        ROOST_PORT: String(port),
        ROOST_DATA_DIR: join(folder, "data"),
      };
      const session = spawnSync("bash", ["-c", sessionScript(blocks, { port })], {
        cwd: ROOT,
        env,
        encoding: "utf8",
        timeout: 200_000,
      });
      expect({
        status: session.status,
        said: session.status === 0 ? "" : session.stderr + session.stdout,
      }).toEqual({ status: 0, said: "" });
    },
    220_000,
  );
});

/** The environment of a person at a shell: nothing set for the test run itself. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ["ROOST_ENGINE", "ROOST_CACHE_DIR"];
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => kept.includes(name) || !/^(ROOST_|SUITE_|JEST_|NODE_OPTIONS|CI$)/.test(name),
    ),
  );
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
