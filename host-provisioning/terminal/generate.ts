import { readFileSync } from "node:fs";
import { renderAliases } from "./aliases.ts";
import { plugins as catalogue, themes } from "./catalogue.ts";
import { flatten, inOrder, type PinnedPlugin, type PluginFault, type Sources, sha256 } from "./plugins.ts";
import { promptParts, renderPrompt } from "./prompt.ts";
import { quote } from "./quote.ts";
import type { Shell } from "./specification.ts";

/** Changes when the same specification would make another text: part of what a version is made from. */
const generation = 4;

const part = (name: string) => readFileSync(new URL(`./zsh/${name}.zsh`, import.meta.url), "utf8");
const parts = {
  keys: part("keys"),
  duration: part("duration"),
  git: part("git"),
  completion: part("completion"),
  decorate: part("decorate"),
  wrap: part("wrap"),
  suggest: part("suggest"),
};

/** Run by `zsh -f` with the generated file as its argument: checks and compiles it, and makes the completion dump. */
export const provisionScript = `${part("provision")}${parts.completion}`;

/** Below the home folder, where the generated files are put. */
export const shellFolder = ".local/share/roost/zsh";

export interface ShellFile {
  /** Below the home folder. */
  path: string;
  text: string;
  sha256: string;
}

export interface GeneratedShell {
  /** The SHA-256 of the configuration's text: its version. */
  version: string;
  /** The flattened configuration, whose name holds the version, and the `.zshrc` that reads it. */
  files: [configuration: ShellFile, zshrc: ShellFile];
  /** What of others is in it. */
  plugins: { name: string; version: string; commit: string; licence: string }[];
  cost: { firstCommandMs: number; keyMs: number };
}

/** What stands in the way, by the field of the specification that it is about. */
export interface ShellFault {
  field: string;
  message: string;
}

export type Generation = { shell: GeneratedShell; faults: [] } | { shell?: undefined; faults: ShellFault[] };

/**
 * One flattened zsh configuration from a specification. Pure: the same input makes the same bytes.
 * @param sources files of the plugins that the specification names; each is verified against its pin.
 */
export function generate(shell: Shell, sources: Sources, known = catalogue): Generation {
  const plugins = inOrder(known.filter(({ name }) => (shell.plugins as string[]).includes(name)));
  const cost = costOf(plugins);
  const flat = plugins.map((plugin) => flatten(plugin, sources));
  const faults = [
    ...flat.flatMap((each) => each.faults).map(tellFault),
    ...overBudget(cost, shell.budget, plugins),
  ];
  if (faults.length > 0) return { faults };
  const text = [
    `# A zsh configuration of Roost, generation ${generation}. Changes belong into its specification.`,
    "typeset -g _roost_file=${(%):-%x}",
    "typeset -g _roost_folder=$_roost_file:h",
    renderEnvironment(shell),
    renderHistory(shell.history),
    `bindkey ${shell.keys === "vi" ? "-v" : "-e"}`,
    parts.keys,
    renderPromptOf(shell),
    renderDecoration(
      shell,
      plugins.map((plugin, at) => ({ plugin, text: flat[at]?.text ?? "" })),
    ),
    renderOptions(shell.options),
    // Last, so that nothing above is parsed with them.
    renderAliases(shell.aliases),
  ]
    .filter((each) => each !== "")
    .map((each) => (each.endsWith("\n") ? each : `${each}\n`))
    .join("");
  const version = sha256(text);
  const file = `${shellFolder}/gen-${version}.zsh`;
  const zshrc = renderZshrc(file);
  return {
    shell: {
      version,
      files: [
        { path: file, text, sha256: version },
        { path: ".zshrc", text: zshrc, sha256: sha256(zshrc) },
      ],
      plugins: plugins.map(({ name, version, commit, licence }) => ({ name, version, commit, licence })),
      cost,
    },
    faults: [],
  };
}

/** Three lines. The name of the file is another one with each version, so no time of a file decides anything. */
function renderZshrc(file: string): string {
  return [
    "# Made by Roost: what is to stay belongs into the specification, or into ~/.zshrc.local.",
    `source "$HOME/${file}"`,
    "[[ ! -r ~/.zshrc.local ]] || source ~/.zshrc.local",
    "",
  ].join("\n");
}

function renderEnvironment({ environment, path }: Shell): string {
  const variables = Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const folders = path.map((folder) =>
    folder.startsWith("~/") ? `"$HOME"/${quote(folder.slice(2))}` : quote(folder),
  );
  return [
    ...variables.map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(folders.length > 0 ? ["typeset -gU path", `path=(${folders.join(" ")} $path)`] : []),
  ].join("\n");
}

function renderHistory({ lines, share, ignoreDuplicates, ignoreSpace }: Shell["history"]): string {
  const set = (isOn: boolean, name: string) => `${isOn ? "" : "no_"}${name}`;
  const options = [
    set(share, "share_history"),
    set(ignoreDuplicates, "hist_ignore_all_dups"),
    set(ignoreSpace, "hist_ignore_space"),
    "hist_fcntl_lock",
    "extended_history",
  ];
  return [
    `HISTFILE=\${ZDOTDIR:-$HOME}/.zsh_history HISTSIZE=${lines} SAVEHIST=${lines}`,
    `setopt ${options.join(" ")}`,
  ].join("\n");
}

function renderPromptOf(shell: Shell): string {
  const prompt = shell.prompt ?? themes.find(({ name }) => name === shell.theme)?.prompt;
  if (!prompt) throw new Error(`the catalogue has no theme ${shell.theme}`);
  const { git, duration } = promptParts(prompt);
  return `${renderPrompt(prompt)}${duration ? parts.duration : ""}${git ? parts.git : ""}`;
}

function renderDecoration(
  { completion }: Shell,
  plugins: readonly { plugin: PinnedPlugin; text: string }[],
): string {
  if (!completion.enabled && plugins.length === 0) return "";
  const styles = [
    ...(completion.ignoreCase ? ["zstyle ':completion:*' matcher-list '' 'm:{a-z}={A-Z}'"] : []),
    ...(completion.menu ? ["zstyle ':completion:*' menu select", "zmodload zsh/complist"] : []),
  ];
  const wraps = plugins.flatMap(({ plugin }) => plugin.wrap ?? []);
  const wrap = [
    "_roost_wrap",
    ...wraps.map((each) => each.function),
    "--",
    ...wraps.flatMap(({ parameters }) => parameters),
  ];
  return [
    ...(wraps.length > 0 ? [parts.wrap.trimEnd()] : []),
    "_roost_decorate() {",
    ...(completion.enabled ? [parts.completion.trimEnd(), ...styles] : []),
    ...plugins.flatMap(({ plugin, text }) => [
      `# ${plugin.name} ${plugin.version}, ${plugin.licence}, ${plugin.repository} at ${plugin.commit}`,
      text.trimEnd(),
      ...(plugin.support ? [parts[plugin.support].trimEnd()] : []),
    ]),
    ...(wraps.length > 0 ? [wrap.join(" "), "unfunction _roost_wrap"] : []),
    "return 0",
    "}",
    parts.decorate,
  ].join("\n");
}

function renderOptions(options: Shell["options"]): string {
  const set = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return set.map(([name, isOn]) => `${isOn ? "setopt" : "unsetopt"} ${name}`).join("\n");
}

function costOf(plugins: readonly PinnedPlugin[]): GeneratedShell["cost"] {
  const sum = (of: (plugin: PinnedPlugin) => number) => plugins.reduce((all, each) => all + of(each), 0);
  return { firstCommandMs: sum(({ cost }) => cost.firstCommandMs), keyMs: sum(({ cost }) => cost.keyMs) };
}

function overBudget(
  cost: GeneratedShell["cost"],
  budget: Shell["budget"],
  plugins: readonly PinnedPlugin[],
): ShellFault[] {
  const names = { firstCommandMs: "the first command", keyMs: "each key" } as const;
  return (["firstCommandMs", "keyMs"] as const)
    .filter((which) => cost[which] > budget[which])
    .map((which) => {
      const costs = plugins.map(({ name, cost: own }) => `${name} ${own[which]}`).join(", ");
      const message = `cost ${cost[which]} ms before ${names[which]}, and the budget is ${budget[which]} ms (${costs})`;
      return { field: "plugins", message };
    });
}

function tellFault(fault: PluginFault): ShellFault {
  const { plugin } = fault;
  switch (fault.kind) {
    case "missing":
      return {
        field: "plugins",
        message: `${plugin}: its file ${fault.path} is not among the sources (SHA-256 ${fault.sha256})`,
      };
    case "size":
      return {
        field: "plugins",
        message: `${plugin}: ${fault.path} has ${fault.bytes} bytes, and is pinned to ${fault.allowed}`,
      };
    case "edit":
      return { field: "plugins", message: `${plugin}: ${fault.path} has not exactly one "${fault.find}"` };
  }
}
