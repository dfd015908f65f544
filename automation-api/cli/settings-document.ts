import { describeSettings } from "../config.ts";

const groups: [title: string, prefixes: RegExp][] = [
  ["Address and certificates", /^ROOST_(HOST|PORT|PUBLIC_URL|TLS_|BEHIND_PROXY)/],
  [
    "Data and keys",
    /^(ROOST_(DATA_DIR|MASTER_KEY|ADMIN_TOKEN|ORGANIZATION|DATABASE_|RETENTION_)|DATABASE_URL)/,
  ],
  [
    "Deployments",
    /^ROOST_(WORKERS|WARM_|RUNNER_|DEPLOYMENT_|ENGINE|COMMAND_|PROGRAM_|OUTBOUND_|HELLO|SERVICES_)/,
  ],
  ["Sessions", /^ROOST_(SESSION_|PROXY_)/],
];

/** docs/settings.md: made by `roost settings --markdown`, compared by a test. */
export function settingsDocument(): string {
  const settings = describeSettings();
  const groupOf = (name: string) =>
    groups.find(([, names]) => names.test(name))?.[0] ?? "Running and watching";
  const titles = [...groups.map(([title]) => title), "Running and watching"];
  const tables = titles.map((title) => {
    const rows = settings
      .filter(({ name }) => groupOf(name) === title)
      .map(
        (each) =>
          `| \`${each.name}\` | ${each.default === "" ? "" : `\`${each.default}\``} | ${cell(each.meaning)} |`,
      );
    return [`## ${title}`, "", "| setting | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
  });
  return `${[
    "# Settings",
    "Roost takes its settings from environment variables. An unknown `ROOST_*` variable or a bad value stops the start with a list of all faults. Secret ones are taken out of the process's environment after reading.",
    ...tables,
    "## Of the command line",
    "`ROOST_URL` and `ROOST_TOKEN` tell the `roost` command which server to talk to and with which token; `roost login` keeps both in `~/.config/roost/credentials.json`. They are no settings of the server.",
    "This page is made by `roost settings --markdown > docs/settings.md`.",
  ].join("\n\n")}\n`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
