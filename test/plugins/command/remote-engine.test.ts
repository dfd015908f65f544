import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { commandProvider } from "../../../plugins/command/index.ts";
import { type Served, serveProvider } from "../../../plugins/provider/index.ts";
import { expectSuccess, reasonWithoutEngine, withProject } from "../../support/engine.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "./sshd.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(180_000);
const suite = (reasonWithoutEngine() ?? reasonWithoutSshd()) ? describe.skip : describe;
const apply = ["up", "--yes", "--skip-preview"];

const program = `
  const pulumi = require("@pulumi/pulumi");
  const { remote } = require("@pulumi/command");
  const { connection, text, target } = JSON.parse(require("fs").readFileSync(__dirname + "/inputs.json", "utf8"));
  const copy = new remote.CopyToRemote("copy", {
    connection, source: new pulumi.asset.StringAsset(text), remotePath: target });
  const run = new remote.Command("run", {
    connection, create: "cat " + target, delete: "echo gone >> " + target + ".log", triggers: [text] }, { dependsOn: copy });
  exports.stdout = run.stdout;
`;

/** Objects of an exported state that are encrypted secrets. */
const isSecret = expect.objectContaining({ "4dabf18193072939515e22adb298388d": expect.any(String) });

suite("remote resources in the real engine", () => {
  let sshd: Sshd;
  let served: Served;
  beforeAll(async () => {
    sshd = await startSshd();
    served = await serveProvider(commandProvider);
  });
  afterAll(async () => {
    await served.close();
    await sshd.stop();
  });

  it("copy, run, stay unchanged, replace and delete, with the login data encrypted in the state", async () => {
    const files = { "package.json": '{"main":"index.js"}', "index.js": program };
    const env = { PULUMI_DEBUG_PROVIDERS: `command:${served.port}` };
    await withProject({ files, env }, async ({ pulumi, folder, exported }) => {
      const target = join(sshd.folder, "target");
      const give = (text: string, connection: object = sshd.connection): Promise<void> =>
        writeFile(join(folder, "inputs.json"), JSON.stringify({ connection, text, target }));

      await give("first");
      const created = await expectSuccess(pulumi(apply));
      expect(created.output).toContain('stdout: "first"');
      const { deployment } = await exported();
      const run = deployment.resources?.find(({ type }) => type === "command:remote:Command");
      // The whole connection is one secret, as the official provider's state has it.
      expect(run?.inputs).toMatchObject({ connection: isSecret });
      expect(run?.outputs).toMatchObject({ connection: isSecret, stdout: "first", stderr: "" });
      expect(JSON.stringify(deployment)).not.toContain("PRIVATE KEY");
      await expectSuccess(pulumi([...apply, "--expect-no-changes"]));

      await give("second");
      const replaced = await expectSuccess(pulumi(apply));
      expect(replaced.output).toContain("1 replaced");
      expect(replaced.output).toContain("1 updated");

      await give("second", { ...sshd.connection, privateKey: sshd.keys.rsa });
      await expectSuccess(pulumi(apply));
      await expectSuccess(pulumi(["destroy", "--yes", "--skip-preview"]));
      // Once for the replacement, once for the destroy.
      expect(await readFile(`${target}.log`, "utf8")).toBe("gone\ngone\n");
    });
  });
});
