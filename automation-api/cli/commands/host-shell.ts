import { Command, Option } from "commander";
import { frameworks } from "../../../host-provisioning/terminal/index.ts";
import { invalid } from "../../errors.ts";
import type { InstalledShell } from "../../terminal/contract.ts";
import { collect } from "../config-arguments.ts";
import { examples, openClient, type Session, withServer } from "../session.ts";
import { parseYaml, readInput } from "../text-file.ts";
import { type ExecuteFlags, executeAction, previewAction, withExecute } from "./host-actions.ts";
import { findSources } from "./terminal.ts";
import { renderTaken } from "./terminal-aliases.ts";

interface ShellFlags extends ExecuteFlags {
  theme?: string;
  plugin?: string[];
  from?: string;
  framework?: string;
  rollback?: string | true;
  sources: string[];
}

export function hostShellCommand(session: Session): Command {
  return withExecute(withServer(new Command("shell")))
    .description("Show what giving a person of a host a zsh configuration would change, or carry it out")
    .argument("<host>", "name or id")
    .argument("[user]", "whose shell")
    .option("--theme <name>", "another prompt; all else stays as it was installed last")
    .option("--plugin <name>", "a plugin beside those that are there; may be given again", collect)
    .option(
      "--from <file>",
      "the description of a shell as YAML or JSON, or with --framework a definition of that",
    )
    .addOption(new Option("--framework <name>", "what the file is written for").choices(frameworks))
    .option("--rollback [version]", "an older version in place again (default: the one before)")
    .option("--sources <folder>", "where the files of plugins are; may be given again", collect, [])
    .addHelpText(
      "after",
      examples(
        "roost host shell web-1 ann",
        "roost host shell web-1 ann --theme two-lines",
        "roost host shell web-1 ann --from shell.yaml --sources /usr/share/zsh-autosuggestions",
        "roost host shell web-1 --execute act_…",
      ),
    )
    .action(async (host: string, user: string | undefined, flags: ShellFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) return executeAction(client, session, flags, host, flags.execute);
      if (user === undefined) throw invalid("user", "whose shell?");
      if (
        [flags.theme, flags.plugin, flags.from, flags.rollback].filter((flag) => flag !== undefined).length >
        1
      )
        throw invalid("--theme", "give one of --theme, --plugin, --from and --rollback");
      const sources = flags.sources.length > 0 ? await findSources(client, flags.sources) : [];
      const request = { ...(await requestOf(flags, sources)), command: `roost host shell ${host}` };
      request.body = { host, user, ...request.body };
      await previewAction(client, session, flags, request, (detail) => {
        const { files, registry } = detail as InstalledShell["detail"];
        const zshrc = files.find(({ path }) => path.endsWith("/.zshrc"));
        return [zshrc?.diff, registry && renderTaken(registry)].map((text) => text && `\n${text}`).join("");
      });
    });
}

/** Without any of them: what the person has, made fast. */
async function requestOf(
  { theme, plugin: plugins, from, framework, rollback }: ShellFlags,
  sources: string[],
): Promise<{ path: string; body: object }> {
  if (rollback !== undefined) {
    const version = rollback === true ? undefined : rollback;
    return { path: "/api/v1/shells/rollback", body: { version } };
  }
  if (theme !== undefined) return { path: "/api/v1/themes/install", body: { theme } };
  if (plugins !== undefined) return { path: "/api/v1/plugins/install", body: { plugins, sources } };
  if (from === undefined) return { path: "/api/v1/optimize/terminal", body: { sources } };
  const text = await readInput(from);
  const what = framework ? { definition: { framework, text } } : { shell: parseYaml(from, text) };
  return { path: "/api/v1/config/apply", body: { template: "zshrc", ...what, sources } };
}
