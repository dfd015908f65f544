import type { PinnedPlugin } from "./plugins.ts";
import { type Prompt, promptSchema } from "./prompt.ts";

/** A prompt that is chosen by name. Themes are data for the prompt builder: no code comes with them. */
export interface Theme {
  name: string;
  summary: string;
  prompt: Prompt;
}

const theme = (name: string, summary: string, prompt: Parameters<typeof promptSchema.parse>[0]): Theme => ({
  name,
  summary,
  prompt: promptSchema.parse(prompt),
});

const directory = { kind: "directory", colour: "blue", bold: true };
const git = { kind: "git", colour: "magenta" };
const place = [
  { kind: "user", colour: "green" },
  { kind: "host", colour: "yellow" },
];

export const themes: readonly Theme[] = [
  theme("minimal", "Only the prompt's character, red after a failure.", { left: [{ kind: "character" }] }),
  theme("plain", "Directory, git and the character.", { left: [directory, git, { kind: "character" }] }),
  theme("server", "Who and where first: for machines that one logs in to.", {
    left: [...place, directory, git, { kind: "character", text: "$" }],
    right: [{ kind: "status", colour: "red" }],
  }),
  theme("two-lines", "Place and git above, the command's line below with its whole width.", {
    left: [...place, directory, git, { kind: "newline" }, { kind: "character" }],
    right: [
      { kind: "status", colour: "red" },
      { kind: "duration", colour: "yellow" },
      { kind: "jobs", colour: "cyan" },
      { kind: "time", colour: 244 },
    ],
  }),
];

const highlighting = "932e29a0c75411cb618f02995b66c0a4a25699bc";

/** Debian 12 has the same two releases as packages, byte for byte. */
export const plugins: readonly PinnedPlugin[] = [
  {
    name: "zsh-autosuggestions",
    summary: "Shows the rest of a line as one has typed it before.",
    version: "0.7.0",
    repository: "https://github.com/zsh-users/zsh-autosuggestions",
    commit: "a411ef3e0992d4839f0732ebeb9823024afaaaa8",
    licence: "MIT",
    files: [
      {
        path: "zsh-autosuggestions.zsh",
        bytes: 26911,
        sha256: "70c34826cb110e1c54dfba85802ad3ac0144e3a2e203c41a617fd7651d43c875",
        edits: [
          // It wraps when all plugins are loaded instead of at each prompt.
          {
            find: "add-zsh-hook precmd _zsh_autosuggest_start",
            put: "typeset -g ZSH_AUTOSUGGEST_MANUAL_REBIND=1",
          },
          { find: '_zsh_autosuggest_async_request "$BUFFER"', put: "_roost_suggest" },
        ],
      },
    ],
    support: "suggest",
    wrap: { function: "_zsh_autosuggest_bind_widgets", parameters: ["_ZSH_AUTOSUGGEST_BIND_COUNTS"] },
    cost: { firstCommandMs: 5, keyMs: 0.8 },
  },
  {
    name: "zsh-syntax-highlighting",
    summary: "Colours a command line as it is typed; what is no command is red.",
    version: "0.7.1",
    repository: "https://github.com/zsh-users/zsh-syntax-highlighting",
    commit: highlighting,
    licence: "BSD-3-Clause",
    files: [
      {
        path: "highlighters/main/main-highlighter.zsh",
        bytes: 56770,
        sha256: "f72e9c2b8c91bb239295e4e2e02f756086276a021e72fc03de98e61c62b6e39a",
        // The other file declares it, and reads this one from its middle.
        edits: [
          {
            find: "\n: ${ZSH_HIGHLIGHT_STYLES[default]:=none}\n",
            put: "\ntypeset -gA ZSH_HIGHLIGHT_STYLES\n: ${ZSH_HIGHLIGHT_STYLES[default]:=none}\n",
          },
        ],
      },
      {
        path: "zsh-syntax-highlighting.zsh",
        bytes: 18109,
        sha256: "b597811f7f6c1169d45d4820d3a3dcfc5053ceefb8f88c5b0f4562f500499884",
        edits: [
          // Aliases are defined behind the plugins, and the file is compiled without any: none can change its parsing.
          { find: `typeset zsh_highlight__aliases="$(builtin alias -Lm '[^+]*')"`, put: "" },
          { find: "builtin unalias -m '[^+]*'", put: "" },
          // It would go through all that it knows for a line with nothing on it, before each prompt.
          {
            find: "  # Before we 'emulate -L', save the user's options\n",
            put: "  [[ -z $BUFFER ]] && { region_highlight=(); typeset -g _ZSH_HIGHLIGHT_PRIOR_BUFFER=; return $ret }\n",
          },
          { find: 'eval "$zsh_highlight__aliases"\nbuiltin unset zsh_highlight__aliases', put: "" },
          { find: "0=${(%):-%N}\n", put: "" },
          { find: "_zsh_highlight_bind_widgets || {", put: "true || {" },
          { find: '=$(<"${0:A:h}"/.version)', put: "=0.7.1" },
          { find: '=$(<"${0:A:h}"/.revision-hash)', put: `=${highlighting}` },
          {
            find: '_zsh_highlight_load_highlighters "${ZSH_HIGHLIGHT_HIGHLIGHTERS_DIR:-${${0:A}:h}/highlighters}" || {',
            put: "(( ${+functions[_zsh_highlight_highlighter_main_paint]} )) || {",
          },
        ],
      },
    ],
    wrap: { function: "_zsh_highlight_bind_widgets", parameters: [] },
    cost: { firstCommandMs: 8, keyMs: 2 },
    // It wraps what is there, the other's widgets too.
    after: ["zsh-autosuggestions"],
  },
];

export const themeNames = themes.map(({ name }) => name);
export const pluginNames = plugins.map(({ name }) => name);
