import { Command } from "commander";
import { type Verification, verification } from "../../audit/contract.ts";
import { exitCodes } from "../exit-codes.ts";
import { type ClientFlags, examples, openClient, print, type Session, withServer } from "../session.ts";
import { renderFields } from "../table.ts";

export function auditCommand(session: Session): Command {
  const verify = withServer(new Command("verify"))
    .description(
      "Check the whole audit chain against the signed heads; exit code 1 when something was changed",
    )
    .addHelpText("after", examples("roost audit verify", "roost audit verify --json | jq .faults"))
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.send({ method: "POST", path: "/api/v1/audit/verify", reply: verification });
      print(session, flags, found, render);
      session.exitCode = found.ok ? exitCodes.ok : exitCodes.failed;
    });
  return new Command("audit").description("Check the audit trail").addCommand(verify);
}

function render(found: Verification): string {
  const { lastCheckpoint, faults, warnings } = found;
  const fields = renderFields([
    ["audit trail", found.ok ? "intact" : "CHANGED"],
    ["sealed rows", found.sealedRows],
    ["head", found.head],
    ["not yet sealed", `${found.unsealedRows}, the oldest for ${Math.round(found.oldestUnsealedSeconds)} s`],
    ["signed heads", found.checkpoints],
    ["last signed", lastCheckpoint && `row ${lastCheckpoint.sequence} at ${lastCheckpoint.at}`],
  ]);
  const lines = [
    ...faults.map(({ kind, sequence, auditId, message }) => {
      const row = auditId ? `, audit row ${auditId}` : "";
      return `FAULT ${kind} at ${sequence ?? "-"}${row}: ${message}`;
    }),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
  return fields + lines.map((line) => `${line}\n`).join("");
}
