import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ROOT } from "../../../toolchain/found.mjs";
import { runnableBlocks, sessionScript } from "../../../toolchain/suites/readme.mjs";

const folder = mkdtempSync(join(tmpdir(), "roost-session-"));
const server = join(folder, "server.mjs");
let port = 0;

beforeAll(async () => {
  port = await freePort();
  writeFileSync(
    server,
    `import { createServer } from "node:http";
     import { writeFileSync } from "node:fs";
     createServer((_, reply) => reply.end("here")).listen(Number(process.env.ROOST_PORT), "127.0.0.1");
     process.on("SIGTERM", () => { writeFileSync(process.argv[2], "ended"); process.exit(0); });`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const block = (mark: string, script: string) => `<!-- ${mark} -->\n\`\`\`sh\n${script}\n\`\`\`\n`;
const play = (text: string) => {
  const script = sessionScript(runnableBlocks(text), { port });
  const env = { ...process.env, ROOST_PORT: String(port) };
  return spawnSync("bash", ["-c", script], { cwd: ROOT, env, encoding: "utf8", timeout: 60_000 });
};

describe("the session of a README", () => {
  it("starts the server, waits for it, carries variables from block to block and ends the server", () => {
    const ended = join(folder, "ended");
    const { stdout, status } = play(
      block("run: server", `${process.execPath} ${server} ${ended}`) +
        block("run", "said=$(curl -fsS http://127.0.0.1:8000/)") +
        block("run", 'echo "it said $said"'),
    );
    expect({ stdout, status }).toEqual({ stdout: "it said here\n", status: 0 });
    expect(readFileSync(ended, "utf8")).toBe("ended");
  });

  it("ends at the first command that fails and says where", () => {
    const { stdout, stderr, status } = play(block("run", "echo one") + block("run", "false\necho two"));
    expect({ stdout, status }).toEqual({ stdout: "one\n", status: 1 });
    expect(stderr.trim().split("\n").at(-1)).toBe("README.md:7");
  });

  it("shows what a server said that never became ready", () => {
    const { stderr, status } = play(block("run: server", "echo the port is taken; exit 3"));
    expect(status).toBe(1);
    expect(stderr).toContain("the server ended before it was ready");
    expect(stderr).toContain("the port is taken");
  });
});
