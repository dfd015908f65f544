import path from "node:path";
import { locate } from "../../../toolchain/found.mjs";
import { readSettings, type Settings } from "../../config.ts";
import { planIsolation } from "../../engine/isolation.ts";
import { RoostError } from "../../errors.ts";
import type { Context } from "../context.ts";
import { checkCertificate } from "./certificate.ts";
import { checkDataFolder, checkMasterKeyFile } from "./data-folder.ts";
import { checkDatabase } from "./database.ts";
import { checkEcs } from "./ecs.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";
import { checkAddress } from "./network.ts";
import { checkSessions } from "./sessions.ts";
import { checkPlugins, checkToolchain, type Toolchain } from "./toolchain.ts";

/** Looks at everything that the server needs on this machine. Starts, makes and changes nothing. */
export async function examine(context: Context): Promise<Finding[]> {
  const toolchain = locate({ env: context.env });
  const { settings, finding } = readGently(context);
  return [
    finding,
    ...checkToolchain(toolchain),
    await checkPlugins(toolchain.engine, context.env.PULUMI_HOME ?? path.join(context.home, ".pulumi")),
    await checkDataFolder(settings.ROOST_DATA_DIR),
    await checkMasterKeyFile(settings),
    ...(await checkDatabase(settings, toolchain.database)),
    await checkIsolation(settings, toolchain, context.projectFolder),
    await checkAddress(settings),
    await checkCertificate(settings),
    ...(await checkSessions(settings)),
    ...(await checkEcs(settings)),
  ];
}

/** With faulty settings the rest is looked at with these left out. */
function readGently({ env, projectFolder }: Context): { settings: Settings; finding: Finding } {
  const given = { ...env };
  try {
    const settings = readSettings(projectFolder, given);
    const names = Object.keys(env).filter((name) => name.startsWith("ROOST_") || name === "DATABASE_URL");
    return { settings, finding: ok("settings", names.sort().join(", ") || "all by default") };
  } catch (error) {
    if (!(error instanceof RoostError)) throw error;
    const faulty = error.faults.map(({ field }) => field);
    const rest = Object.fromEntries(
      Object.entries(env).filter(([name]) => !name.startsWith("ROOST_") && name !== "DATABASE_URL"),
    );
    const kept = ["ROOST_DATA_DIR", "ROOST_PORT", "DATABASE_URL"].filter((name) => !faulty.includes(name));
    for (const name of kept) rest[name] = env[name];
    const reasons = error.faults.map(({ field, message }) => `${field}: ${message}`).join("; ");
    return {
      settings: readSettings(projectFolder, rest),
      finding: fault(
        "settings",
        `${faulty.length} faults`,
        reasons,
        "`roost settings` lists them all with their meaning",
      ),
    };
  }
}

async function checkIsolation(
  settings: Settings,
  { engine }: Toolchain,
  projectFolder: string,
): Promise<Finding> {
  const enginePath = engine.found ? engine.path : process.execPath;
  const plan = await planIsolation({ dataFolder: settings.ROOST_DATA_DIR, projectFolder, enginePath });
  if (plan.kind === "separate-users") return ok("isolation", "each deployment runs under a user of its own");
  return warning(
    "isolation",
    "one trust domain: what a program may read, the server may read",
    `${plan.why}`,
    "run programs of people you trust only, or start the server as root on Linux",
  );
}
