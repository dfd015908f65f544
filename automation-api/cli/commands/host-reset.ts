import { Command, Option } from "commander";
import { invalid, RoostError } from "../../errors.ts";
import { type Preview, preview as previewSchema } from "../../resets/contract.ts";
import { changeLines } from "../change-lines.ts";
import { collect } from "../config-arguments.ts";
import { formatBytes } from "../duration.ts";
import { examples, openClient, print, type Session, widthOf, withServer } from "../session.ts";
import { renderFields, renderTable } from "../table.ts";
import { type ExecuteFlags, executeAction, nextLine, withExecute } from "./host-actions.ts";

interface ResetFlags extends ExecuteFlags {
  profile?: string;
  package?: string[];
  path?: string[];
  keep?: string[];
}

export function hostResetCommand(session: Session): Command {
  return withExecute(withServer(new Command("reset")))
    .description("Rehearse a reset of a host and show what it would change, or carry out one that was shown")
    .argument("<host>", "name or id")
    .addOption(
      new Option("--profile <name>", "each includes the ones before it").choices([
        "light",
        "medium",
        "deep",
        "nuclear",
      ]),
    )
    .option("--package <name>", "a package that goes; may be given again", collect)
    .option("--path <path>", "a file, or a folder with all in it, that goes; may be given again", collect)
    .option("--keep <name>", "a package or an absolute path that stays; may be given again", collect)
    .addHelpText(
      "after",
      examples(
        "roost host reset web-1 --profile light",
        "roost host reset web-1 --execute rst_…",
        "roost host reset web-1 --package tmux --path /srv/old",
        "roost host reset web-1 --profile deep --keep postgresql-15 --keep /srv/backups",
      ),
    )
    .action(async (host: string, flags: ResetFlags) => {
      const { execute, profile, package: packages, path } = flags;
      if (execute === undefined && !profile && !packages && !path)
        throw invalid("--profile", "say what is to go: give a profile, a --package or a --path");
      if (execute !== undefined && (profile || packages || path || flags.keep))
        throw invalid("--execute", "it carries out what was shown: choose for a new preview, or execute one");
      const client = await openClient(session, flags);
      if (execute !== undefined) return executeAction(client, session, flags, host, execute);
      const body = { host, workflow: workflowOf(flags) };
      const shown = await client
        .send({ method: "POST", path: "/api/v1/reset/custom", body, reply: previewSchema })
        .catch((error: unknown) => {
          throw error instanceof RoostError ? inFlags(error, body.workflow) : error;
        });
      print(session, flags, shown, (one) => renderPreview(one, widthOf(session.context)));
    });
}

/** Shells complete the name of a folder with one. */
function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

interface Step {
  kind: "profile" | "packages" | "paths" | "keep";
  [field: string]: unknown;
}

function workflowOf({ profile, package: packages = [], path: paths = [], keep = [] }: ResetFlags): Step[] {
  const stays = {
    packages: keep.filter((each) => !each.startsWith("/")),
    paths: keep.filter((each) => each.startsWith("/")).map(withoutSlash),
  };
  return [
    ...(profile === undefined ? [] : [{ kind: "profile" as const, profile }]),
    ...(packages.length > 0 ? [{ kind: "packages" as const, names: packages }] : []),
    ...(paths.length > 0 ? [{ kind: "paths" as const, paths: paths.map(withoutSlash) }] : []),
    ...(keep.length > 0 ? [{ kind: "keep" as const, ...stays }] : []),
  ];
}

const flagOf = { profile: "--profile", packages: "--package", paths: "--path", keep: "--keep" };

/** Says of a fault in the request which option of the command it is in. */
function inFlags(error: RoostError, workflow: Step[]): RoostError {
  const message = error.message.replaceAll(/workflow\[(\d+)\][\w.]*\[\d+\]/g, (field, at) => {
    const step = workflow[Number(at)];
    return step ? flagOf[step.kind] : field;
  });
  return new RoostError(error.code, message, { faults: error.faults, cause: error });
}

function renderPreview(shown: Preview, width: number | undefined): string {
  const { summary, changes, packages, others, kept, services, ports, users, people, renewed } = shown;
  const head = renderFields([
    ["reset", shown.id],
    ["host", shown.host.name],
    ["packages", String(summary.packages)],
    ["paths", `${summary.removed} removed, ${summary.changed} changed, ${summary.created} created`],
    ["frees", `${formatBytes(summary.freedAllocatedBytes)} on the disk, once its undo record is forgotten`],
    ["stops", services.join(", ") || null],
    ["not of apt", others.map(({ manager, name }) => `${manager} ${name}`).join(", ") || null],
    ["closes", ports.map(({ port }) => port).join(", ") || null],
    ["accounts", users.join(", ") || null],
    [
      "people",
      people.map((one) => `${one.name} ${one.paths} paths, ${formatBytes(one.bytes)}`).join("; ") || null,
    ],
    ["renews", renewed.join(", ") || null],
  ]);
  const columns = [
    { title: "PACKAGE", value: (one: Preview["packages"][number]) => one.name },
    { title: "CLASS", value: (one: Preview["packages"][number]) => one.class },
    { title: "SIZE", value: (one: Preview["packages"][number]) => formatBytes(one.bytes), right: true },
    { title: "NEEDED BY", value: (one: Preview["packages"][number]) => one.neededBy.join(" ") },
    { title: "BECAUSE", value: (one: Preview["packages"][number]) => one.reasons.join(" "), flexible: true },
  ];
  const stays = kept.map(({ name, reason }) => `${name} stays: ${reason}`.replaceAll(/\p{Cc}+/gu, " "));
  const lines = `${changeLines(changes)}${stays.map((line) => `${line}\n`).join("")}`;
  const table = packages.length > 0 ? `\n${renderTable(packages, columns, width)}` : "";
  const next =
    changes.length > 0
      ? nextLine(shown, `roost host reset ${shown.host.name}`)
      : "Nothing was changed, and nothing would be.\n";
  return `${head}${table}\n${lines}\n${next}`;
}
