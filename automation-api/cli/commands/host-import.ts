import path from "node:path";
import { Command } from "commander";
import { type ImportReport, importReport } from "../../hosts/contract.ts";
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
import { readIfThere, readInput } from "../text-file.ts";
import { type KeyFlags, loginOf, sudoHelp, withCredential, withKey } from "./host-login.ts";

interface ImportFlags extends ClientFlags, KeyFlags {
  knownHosts?: string;
  user?: string;
  sudo?: boolean;
  label?: [string, string][];
  dryRun?: boolean;
}

export function hostImportCommand(session: Session): Command {
  const command = withServer(new Command("import"))
    .description(
      "Add the hosts of an OpenSSH configuration, pinned by its known_hosts; says why others are not",
    )
    .argument("[file]", "the configuration (default: ~/.ssh/config)")
    .option("--known-hosts <file>", "the keys that the hosts are pinned to (default: ~/.ssh/known_hosts)")
    .option("--user <name>", "for hosts whose configuration names none")
    .option("--sudo", sudoHelp);
  return withKey(command)
    .option("--label <name=value>", "of all of them; may be given again", assignments("--label", String))
    .option("--dry-run", "only say what would be added")
    .addHelpText(
      "after",
      examples("roost host import --dry-run", "roost host import --private-key file:~/.ssh/id_ed25519"),
    )
    .action(async (file: string | undefined, flags: ImportFlags) => {
      const own = (name: string) => path.join(session.context.home, ".ssh", name);
      const config = await readInput(file ?? own("config"));
      const { knownHosts: keys } = flags;
      const knownHosts = keys === undefined ? await readIfThere(own("known_hosts")) : await readInput(keys);
      const client = await openClient(session, flags);
      const { user = null, sudo = false } = flags;
      const labels = Object.fromEntries(flags.label ?? []);
      const send = (credential: string | null, dryRun: boolean) => {
        const body = { config, knownHosts, user, sudo, credential, labels, dryRun };
        return client.send({ method: "POST", path: "/api/v1/hosts/import", body, reply: importReport });
      };
      // A key is stored for hosts only that will be there.
      const planned = await send(null, true);
      const report =
        flags.dryRun || planned.taken.length === 0
          ? planned
          : await withCredential(session, client, flags, "imported hosts", (credential) =>
              send(credential ?? null, false),
            );
      print(session, flags, report, (one) => renderReport(one, widthOf(session.context)));
    });
}

function renderReport({ taken, refused, ignored }: ImportReport, width?: number): string {
  const tables = [
    taken.length === 0
      ? "No host can be added.\n"
      : renderTable(
          taken,
          [
            { title: taken[0]?.id ? "ADDED" : "WOULD BE ADDED", value: ({ name }) => name },
            { title: "LOGIN", value: loginOf },
            { title: "BASTION", value: ({ bastion }) => bastion },
            { title: "HOST KEY", value: ({ fingerprint }) => fingerprint, flexible: true },
          ],
          width,
        ),
  ];
  if (refused.length > 0)
    tables.push(
      renderTable(
        refused,
        [
          { title: "LINE", value: ({ line }) => line, right: true },
          { title: "NOT ADDED", value: ({ name }) => name },
          { title: "WHY", value: ({ message }) => message, flexible: true },
        ],
        width,
      ),
    );
  const words = [...new Set(ignored.map(({ keyword }) => keyword))];
  if (words.length > 0) tables.push(`Settings that have no place here: ${words.join(", ")}.\n`);
  return tables.join("\n");
}
