import { Command } from "commander";
import { describeSettings } from "../../config.ts";
import { examples, print, type Session, widthOf, withJson } from "../session.ts";
import { settingsDocument } from "../settings-document.ts";
import { renderTable } from "../table.ts";

export function settingsCommand(session: Session): Command {
  return withJson(new Command("settings"))
    .description("List the settings of the server: environment variables with default and meaning")
    .option("--markdown", "as docs/settings.md", false)
    .addHelpText("after", examples("roost settings", "roost settings --markdown > docs/settings.md"))
    .action((flags: { json?: boolean; markdown: boolean }) => {
      if (flags.markdown) session.context.stdout.write(settingsDocument());
      else print(session, flags, describeSettings(), (rows) => table(rows, widthOf(session.context)));
    });
}

function table(rows: ReturnType<typeof describeSettings>, width: number | undefined): string {
  return renderTable(
    rows,
    [
      { title: "SETTING", value: ({ name }) => name },
      { title: "DEFAULT", value: (row) => row.default },
      { title: "MEANING", value: ({ meaning }) => meaning, flexible: true },
    ],
    width,
  );
}
