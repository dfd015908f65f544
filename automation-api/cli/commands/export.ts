import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import type { ExportedGraph, ExportFormat } from "../../engine/export.ts";
import { RoostError } from "../../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { type GraphFlags, readGraphSource, withGraph } from "../graph-source.ts";
import { examples, type Session } from "../session.ts";

interface ExportFlags extends GraphFlags {
  format: ExportFormat;
  region?: string;
  out?: string;
  allowUnmapped: boolean;
  json?: boolean;
}

const formats: ExportFormat[] = ["cloudformation", "terraform-plan"];

export function exportCommand(session: Session): Command {
  return withGraph(new Command("export"))
    .description("Say a stack's part on AWS for other tools' rules")
    .addOption(new Option("--format <format>", "what to make").choices(formats).makeOptionMandatory())
    .option(
      "--region <region>",
      "region of resources that name none (default: that of the availability zones)",
    )
    .option("--out <folder>", "write each document to a file there")
    .option("--allow-unmapped", "leave out what has no counterpart in the format", false)
    .addHelpText(
      "after",
      "\nCloudFormation has one template for each region; without --out the largest is printed.\n" +
        "What has no counterpart is listed, nothing is written then, and the exit code is 1.\n",
    )
    .addHelpText(
      "after",
      examples(
        "roost export web-service --config stacks/web-service/examples/production.yaml --format cloudformation --out build",
        "roost export --deployed shop/production --format terraform-plan",
        "roost graph web-service --config shop.yaml | roost export --graph - --format cloudformation",
      ),
    )
    .action(async (program: string | undefined, flags: ExportFlags) => {
      const graph = await readGraphSource(session, program, flags);
      const { exportGraph } = await import("../../engine/export.ts");
      const exported = exportGraph(graph, flags.format, { region: flags.region });
      if (exported.unmapped.length > 0 && !flags.allowUnmapped) session.exitCode = exitCodes.failed;
      if (flags.json) session.context.stdout.write(`${JSON.stringify(exported)}\n`);
      else await write(session, flags, exported);
    });
}

async function write(session: Session, { out, format }: ExportFlags, exported: ExportedGraph): Promise<void> {
  const { stdout, stderr } = session.context;
  for (const { urn, property, reason } of exported.unmapped) {
    stderr.write(`unmapped: ${urn}${property === undefined ? "" : ` ${property}`}: ${reason}\n`);
  }
  if (session.exitCode !== exitCodes.ok) return;
  const [first, ...others] = exported.documents;
  if (!first) throw new RoostError("invalid", "The stack has no resources on AWS.");
  if (out === undefined) {
    stdout.write(text(first.document));
    for (const { name } of others) stderr.write(`${name} has a document of its own: see --out.\n`);
    return;
  }
  await mkdir(out, { recursive: true });
  for (const { name, document } of exported.documents) {
    const file = path.join(out, `${format}-${name}.json`);
    await writeFile(file, text(document));
    stdout.write(`${file}\n`);
  }
}

const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
