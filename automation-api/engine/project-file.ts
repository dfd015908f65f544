import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import { invalid } from "../errors.ts";

/** In the order in which the engine looks for them. */
const names = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];
/** What a program may say of its project. The rest is for publishing, or names programs that the engine would start. */
const kept = ["description", "runtime", "main", "config", "options"];
/** Folders whose programs the engine starts as itself, beside its access token. */
const refused = ["plugins", "packages"];

/**
 * Writes a user's project file anew with only what a deployment needs, so that no other parser's
 * reading of it and no second file can tell the engine anything else.
 * @param project name of the project that it is deployed to, whatever it was called where it comes from
 * @throws invalid when it names plugins of its own.
 */
export async function rewriteProjectFile(folder: string, project: string): Promise<void> {
  const files = names.map((name) => path.join(folder, name));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => undefined)));
  const text = texts.find((each) => each !== undefined);
  if (text === undefined) throw invalid("program", "has no Pulumi.yaml in its folder");
  const given = parse(text, { maxAliasCount: 10, logLevel: "silent" }) as Record<string, unknown>;
  for (const key of refused) {
    if (given[key] !== undefined)
      throw invalid("Pulumi.yaml", `names ${key}: in deployments the server decides which run`);
  }
  const runtime = (given.runtime as { name?: unknown } | null)?.name ?? given.runtime;
  if (runtime !== "nodejs")
    throw invalid("Pulumi.yaml", "has another runtime than nodejs", { given: String(runtime) });
  const own = kept.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]);
  const content = { name: project, ...Object.fromEntries(own) };
  // Never written through a link, wherever that would lead.
  for (const file of files) await rm(file, { force: true });
  await writeFile(path.join(folder, "Pulumi.yaml"), stringify(content), { flag: "wx" });
}
