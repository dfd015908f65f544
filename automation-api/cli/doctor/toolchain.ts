import { readdir } from "node:fs/promises";
import path from "node:path";
import type { locate } from "../../../toolchain/found.mjs";
import { type Finding, fault, ok, warning } from "./finding.ts";

export type Toolchain = ReturnType<typeof locate>;
type Look = Toolchain["node"];

/** Node and engine: which, where, and how they were found. */
export function checkToolchain({ node, engine }: Toolchain, running = process.version): Finding[] {
  return [
    node.found
      ? ok("node", `${running} at ${process.execPath}; chosen: ${node.version} (${node.how})`)
      : fault("node", running, ...missing(node)),
    engine.found
      ? ok("engine", `pulumi ${engine.version} at ${engine.path} (${engine.how})`)
      : fault("engine", "none", ...missing(engine)),
  ];
}

/** Plugins that the engine finds: beside itself, and in the user's PULUMI_HOME. */
export async function checkPlugins(engine: Look, pulumiHome: string): Promise<Finding> {
  if (!engine.found) return warning("plugins", "none", "without an engine nothing looks for plugins");
  const beside = await pluginsIn(path.dirname(engine.path));
  const installed = (await entries(path.join(pulumiHome, "plugins"))).filter(
    (name) => /-v\d/.test(name) && !/\.(lock|partial)$/.test(name),
  );
  const found = [
    `attached in deployments: roost, command`,
    `beside the engine: ${beside.join(", ") || "none"}`,
    `in ${path.join(pulumiHome, "plugins")}: ${installed.join(", ") || "none"}`,
  ].join("; ");
  if (beside.some((name) => name.startsWith("language-nodejs"))) return ok("plugins", found);
  return warning(
    "plugins",
    found,
    "the nodejs language host is not beside the engine: programs from folders, archives and git cannot run",
    "run `npm start` or `npm test` once: both put it there",
  );
}

async function pluginsIn(folder: string): Promise<string[]> {
  const names = await entries(folder);
  return [
    ...new Set(
      names.flatMap((name) => /^pulumi-((?:language|resource|analyzer)-[a-z-]+)/.exec(name)?.[1] ?? []),
    ),
  ].sort();
}

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function missing(look: Extract<Look, { found: false }>): [string, ...string[]] {
  return [look.reason, ...look.next];
}
