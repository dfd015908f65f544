import { Command } from "commander";
import { invalid } from "../../errors.ts";
import type { Reinstall } from "../../reinstalls/contract.ts";
import { examples, openClient, type Session, widthOf, withServer } from "../session.ts";
import { renderTable } from "../table.ts";
import { type ExecuteFlags, executeAction, previewAction, withExecute } from "./host-actions.ts";

interface ReinstallFlags extends ExecuteFlags {
  keepConfig?: boolean;
  hold?: boolean;
  pin?: boolean;
}

export function hostReinstallCommand(session: Session): Command {
  return withExecute(withServer(new Command("reinstall")))
    .description("Show what installing packages again would change, or carry out what was shown")
    .argument("<host>", "name or id")
    .argument("[packages...]", "names, each with =VERSION where it is not to be the installed one")
    .option("--keep-config", "configuration files stay as they are, not as they were packaged")
    .option("--hold", "the packages stay at their version from then on")
    .option("--pin", "the versions that are named are preferred whatever comes")
    .addHelpText(
      "after",
      examples(
        "roost host reinstall web-1 nginx-light",
        "roost host reinstall web-1 redis-server=5:7.0.15-1 --hold",
      ),
    )
    .action(async (host: string, names: string[], flags: ReinstallFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) return executeAction(client, session, flags, host, flags.execute);
      if (names.length === 0) throw invalid("packages", "name one or more");
      const packages = names.map((text) => {
        const [name = "", version] = text.split("=");
        return { name, version, hold: flags.hold, pin: flags.pin };
      });
      const request = {
        path: "/api/v1/reinstall/batch",
        body: { host, packages, configuration: flags.keepConfig ? "keep" : "fresh" },
        command: `roost host reinstall ${host}`,
      };
      await previewAction(client, session, flags, request, (detail) =>
        renderDetail(detail as Reinstall["detail"], widthOf(session.context)),
      );
    });
}

function renderDetail(detail: Reinstall["detail"], width: number | undefined): string {
  const { installs, replaced, restored } = detail;
  const table = renderTable(
    installs,
    [
      { title: "PACKAGE", value: ({ name }) => name },
      { title: "FROM", value: ({ from }) => from },
      { title: "TO", value: ({ to }) => to },
      { title: "AS", value: ({ kind }) => kind, flexible: true },
    ],
    width,
  );
  const lines = [
    ...replaced.map((path) => `${path} becomes as packaged\n`),
    ...restored.map((path) => `${path} comes back\n`),
  ];
  return `\n${table}${lines.join("")}`;
}
