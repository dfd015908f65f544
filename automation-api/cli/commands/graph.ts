import { Command, Option } from "commander";
import { RoostError } from "../../errors.ts";
import { readProgramConfig } from "../program-config.ts";
import { examples, type Session, withJson } from "../session.ts";

interface GraphFlags {
  config?: string;
  format?: "json" | "mermaid";
  stack: string;
  json?: boolean;
}

export function graphCommand(session: Session): Command {
  return withJson(new Command("graph"))
    .description("Show all resources of a program that comes with Roost; needs no server, engine or account")
    .argument("<program>", "program that comes with Roost, such as web-service")
    .option("--config <file>", "Pulumi stack file with the program's configuration, such as Pulumi.dev.yaml")
    .addOption(
      new Option("--format <format>", "a roost-graph/1 document, or a flowchart (default: json)").choices([
        "json",
        "mermaid",
      ]),
    )
    .option("--stack <name>", "name of the stack in URNs", "dev")
    .addHelpText("after", "\nValues that a cloud would fill in are made up, such as vpc.id.\n")
    .addHelpText(
      "after",
      examples(
        "roost graph web-service --config stacks/web-service/examples/production.yaml",
        "roost graph hello --format mermaid",
      ),
    )
    .action(async (program: string, flags: GraphFlags) => {
      if (flags.json && flags.format === "mermaid") {
        throw new RoostError("invalid", "--json goes with --format json only.");
      }
      const { values, secretKeys } = await readProgramConfig(program, flags.config);
      const { renderProgram } = await import("../../engine/graph.ts");
      const { format = "json", stack } = flags;
      session.context.stdout.write(await renderProgram({ program, values, secretKeys, stack, format }));
    });
}
