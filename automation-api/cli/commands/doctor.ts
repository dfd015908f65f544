import { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { examples, print, type Session, withJson } from "../session.ts";

export function doctorCommand(session: Session): Command {
  return withJson(new Command("doctor"))
    .description("Show what was found on this machine and where, and what is wrong; needs no running server")
    .addHelpText("after", "\nThe exit code is 1 when there is a fault, 0 with warnings only.\n")
    .addHelpText(
      "after",
      examples("roost doctor", "roost doctor --json | jq '.[] | select(.state != \"ok\")'"),
    )
    .action(async (flags: { json?: boolean }) => {
      const { examine } = await import("../doctor/examine.ts");
      const { renderFindings } = await import("../doctor/finding.ts");
      const findings = await examine(session.context);
      print(session, flags, findings, renderFindings);
      session.exitCode = findings.some(({ state }) => state === "fault") ? exitCodes.failed : exitCodes.ok;
    });
}
