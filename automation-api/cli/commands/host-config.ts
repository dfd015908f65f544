import { Command } from "commander";
import { templateList } from "../../config-templates/contract.ts";
import type { Client } from "../client.ts";
import { assignments } from "../config-arguments.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderTable } from "../table.ts";
import { type ExecuteFlags, executeAction, previewAction, withExecute } from "./host-actions.ts";

interface ConfigFlags extends ExecuteFlags {
  set?: [string, unknown][];
}

export function hostConfigCommand(session: Session): Command {
  return withExecute(withServer(new Command("config")))
    .description("Make a configuration that suits a host and show what it would change, or put it in place")
    .argument("<host>", "name or id")
    .argument("[template]", "nginx, postgresql, redis, sysctl or limits (default: lists them)")
    .option(
      "--set <name=value>",
      "a parameter of the template, as JSON or as text; may be given again",
      assignments("--set", parsed),
    )
    .addHelpText(
      "after",
      examples(
        "roost host config web-1 nginx --set role=proxy",
        "roost host config web-1 --execute act_…",
        `roost host config db-1 sysctl --set 'set={"vm.max_map_count":262144}'`,
      ),
    )
    .action(async (host: string, template: string | undefined, flags: ConfigFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) return executeAction(client, session, flags, host, flags.execute);
      if (template === undefined) return listTemplates(client, session, flags);
      const parameters = Object.fromEntries(flags.set ?? []);
      const request = {
        path: "/api/v1/config/apply",
        body: { host, template, parameters },
        command: `roost host config ${host}`,
      };
      await previewAction(client, session, flags, request, (detail) => {
        const { files } = detail as { files: { path: string; diff: string }[] };
        return files.map(({ path, diff }) => `\n${diff === "" ? `${path} is so already.\n` : diff}`).join("");
      });
    });
}

async function listTemplates(client: Client, session: Session, flags: ClientFlags): Promise<void> {
  const found = await client.send({ path: "/api/v1/config/templates", reply: templateList });
  print(session, flags, found, ({ items }) =>
    renderTable(
      items,
      [
        { title: "TEMPLATE", value: ({ name }) => name },
        { title: "WHAT IT MAKES", value: ({ summary }) => summary, flexible: true },
      ],
      widthOf(session.context),
    ),
  );
}

/** `65536` is a number and `proxy` a text; what is no JSON is taken as it stands. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
