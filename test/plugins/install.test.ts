import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { installPlugins, installProviders } from "../../plugins/install.ts";
import { expectSuccess, reasonWithoutEngine, withProject } from "../support/engine.ts";
import { pidsIn, untilGone } from "../support/processes.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(120_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;

const files = {
  "package.json": '{"main":"index.js"}',
  "index.js": `
    const command = require("@pulumi/command");
    const config = new (require("@pulumi/pulumi").Config)();
    const c = new command.local.Command("c", { dir: __dirname, create: config.require("create") });
    exports.out = c.stdout;
  `,
};

suite("plugins installed for `pulumi up` by hand", () => {
  it("run without any setting, and leave nothing after kill -9 of the CLI", async () => {
    await withProject({ files }, async ({ pulumi, start, home, folder }) => {
      await installProviders(home);
      await expectSuccess(pulumi(["config", "set", "create", "echo by hand; echo $PPID >> pids"]));
      const up = await expectSuccess(pulumi(["up", "--yes", "--skip-preview"]));
      expect(up.output).toContain('out: "by hand"');
      expect(up.output).not.toContain("warning");
      const [ended = 0] = await pidsIn(join(folder, "pids"), 1);
      await untilGone([ended], 2);
      await rm(join(folder, "pids"));

      await expectSuccess(
        pulumi(["config", "set", "create", "echo $PPID >> pids; echo $$ >> pids; sleep 1000"]),
      );
      const killed = start(["up", "--yes", "--skip-preview"]);
      const pids = await pidsIn(join(folder, "pids"), 2);
      killed.kill("SIGKILL");
      await untilGone(pids, 2);
    });
  });
});

describe("installing", () => {
  it("leaves official plugins alone, and puts our own anew", async () => {
    const folder = await mkdtemp(join(tmpdir(), "install-"));
    const host = join(folder, "pulumi-language-nodejs");
    const dynamic = join(folder, "pulumi-resource-pulumi-nodejs");
    const provider = join(folder, "plugins/resource-command-v1.2.1/pulumi-resource-command");
    expect(await installPlugins(folder)).toEqual([host, dynamic]);
    expect(await installPlugins(folder)).toEqual([host, dynamic]);
    expect((await stat(host)).mode & 0o111).toBe(0o111);
    await rm(`${host}.target`);
    await writeFile(host, "official");
    expect(await installPlugins(folder)).toEqual([dynamic]);
    expect(await readFile(host, "utf8")).toBe("official");
    expect(await installProviders(folder)).toContain(provider);
    await rm(folder, { recursive: true });
  });
});
