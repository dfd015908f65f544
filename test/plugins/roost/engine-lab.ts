import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { enginePath } from "../../support/engine.ts";

const plugin = fileURLToPath(new URL("../../../plugins/roost", import.meta.url));

/** The real engine on a file backend; the provider is started by the engine, as in a plain `pulumi up`. */
export class EngineLab {
  readonly folder = mkdtempSync(join(tmpdir(), "roost-engine-"));
  readonly dataFolder = join(this.folder, "data");

  constructor() {
    for (const name of ["data", "state", "home", "work"]) mkdirSync(join(this.folder, name));
    // Services of a superuser run as users of their own, who must be able to pass through.
    for (const each of [this.folder, this.dataFolder]) chmodSync(each, 0o711);
  }

  get env(): Record<string, string> {
    return {
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ROOST_SERVICES_DIR: this.dataFolder,
    };
  }

  async stack(program: automation.PulumiFn, env: Record<string, string> = {}): Promise<automation.Stack> {
    // The types of the SDK leave `plugins` out; the project file has it.
    const projectSettings = {
      name: "lab",
      runtime: "nodejs",
      plugins: { providers: [{ name: "roost", path: plugin }] },
    } as automation.ProjectSettings;
    const pulumiCommand = await automation.PulumiCommand.get({ root: dirname(dirname(enginePath())) });
    return automation.LocalWorkspace.createOrSelectStack(
      { stackName: "dev", projectName: "lab", program },
      {
        pulumiCommand,
        workDir: join(this.folder, "work"),
        envVars: { ...this.env, ...env },
        projectSettings,
      },
    );
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
