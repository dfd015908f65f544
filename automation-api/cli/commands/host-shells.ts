import { Command } from "commander";
import { shellDiff, shellVersions, verifiedShell } from "../../terminal/contract.ts";
import { ageOf } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
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

interface HistoryFlags extends ClientFlags {
  diff?: boolean;
  from?: string;
  to?: string;
  verify?: boolean;
}

export function hostShellsCommand(session: Session): Command {
  return withServer(new Command("shells"))
    .description(
      "List the versions of a person's shell on a host, compare two, or look whether the current one is there",
    )
    .argument("<host>", "name or id")
    .argument("<user>", "whose shell")
    .option("--diff", "what the current version has otherwise than the one before")
    .option("--from <version>", "compare from this one, or the beginning of it")
    .option("--to <version>", "compare with this one, or the beginning of it")
    .option("--verify", "whether the host has the current version as it was made; exit code 1 when not")
    .addHelpText(
      "after",
      examples(
        "roost host shells web-1 ann",
        "roost host shells web-1 ann --diff --from 3f2a",
        "roost host shell web-1 ann --rollback 3f2a",
      ),
    )
    .action(async (host: string, user: string, flags: HistoryFlags) => {
      const client = await openClient(session, flags);
      const { from, to } = flags;
      if (flags.verify) {
        const path = "/api/v1/shells/verify";
        const found = await client.send({ method: "POST", path, body: { host, user }, reply: verifiedShell });
        session.exitCode = found.holds ? exitCodes.ok : exitCodes.failed;
        return print(session, flags, found, ({ holds, version, faults }) =>
          [
            `${version.slice(0, 12)} is ${holds ? "" : "not "}there as it was made\n`,
            ...faults.map((line) => `${line}\n`),
          ].join(""),
        );
      }
      if (flags.diff || from !== undefined || to !== undefined) {
        const query = { host, user, from, to };
        const found = await client.send({ path: "/api/v1/shells/diff", query, reply: shellDiff });
        return print(session, flags, found, ({ files }) => files.map(({ diff }) => diff).join(""));
      }
      const query = { host, user };
      const found = await client.send({ path: "/api/v1/shells/versions", query, reply: shellVersions });
      print(session, flags, found, ({ items }) =>
        renderTable(
          items,
          [
            {
              title: "VERSION",
              value: ({ version, isCurrent }) => `${version.slice(0, 12)}${isCurrent ? " *" : ""}`,
            },
            { title: "WHAT", value: ({ title }) => title, flexible: true },
            { title: "STATE", value: ({ state }) => state },
            { title: "ACTION", value: ({ action }) => action },
            { title: "AGE", value: ({ createdAt }) => ageOf(createdAt) },
          ],
          widthOf(session.context),
        ),
      );
    });
}
