import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { frameworks, readDefinition } from "../../../host-provisioning/terminal/definitions/index.ts";
import { readStatements } from "../../../host-provisioning/terminal/definitions/statements.ts";
import { shellSchema } from "../../../host-provisioning/terminal/index.ts";

const told = ({ notes }: ReturnType<typeof readDefinition>) =>
  notes.map(({ line, subject, taken }) => `${line} ${taken ? "+" : "-"} ${subject}`);

describe("a definition for", () => {
  it("oh-my-zsh is read: theme, plugins, aliases, variables, options", () => {
    const text = `# If you come from bash you might have to change your $PATH.
# export PATH=$HOME/bin:$PATH
export ZSH="$HOME/.oh-my-zsh"
ZSH_THEME="robbyrussell"
CASE_SENSITIVE="true"
plugins=(
  git  # the usual
  zsh-autosuggestions
  fast-syntax-highlighting
)
source $ZSH/oh-my-zsh.sh
export LANG=en_US.UTF-8 GITHUB_TOKEN=abc
if [[ -n $SSH_CONNECTION ]]; then
  export EDITOR='vim'
else
  export EDITOR='mvim'
fi
alias zshconfig="mate ~/.zshrc" ll='ls -l'
alias -g L='| less'
alias now="date +$FORMAT"
command -v kubectl >/dev/null && alias k=kubectl
setopt AUTO_CD NO_BEEP sh_word_split
bindkey -v
`;
    const definition = readDefinition("oh-my-zsh", text);
    expect(told(definition)).toEqual([
      "3 - variable ZSH",
      "4 + theme robbyrussell",
      "5 + CASE_SENSITIVE=true",
      "6 - plugin git",
      "6 + plugin zsh-autosuggestions",
      "6 + plugin fast-syntax-highlighting",
      "12 + variable LANG",
      "12 - variable GITHUB_TOKEN",
      "14 - variable EDITOR",
      "16 - variable EDITOR",
      "18 + alias zshconfig",
      "18 + alias ll",
      "19 + alias L",
      "20 - alias now",
      "21 - alias k",
      "22 + option AUTO_CD",
      "22 + option NO_BEEP",
      "22 - option sh_word_split",
      "23 + keys vi",
    ]);
    expect(shellSchema.parse(definition.shell)).toMatchObject({
      theme: "plain",
      plugins: ["zsh-autosuggestions", "zsh-syntax-highlighting"],
      environment: { LANG: "en_US.UTF-8" },
      completion: { ignoreCase: false },
      keys: "vi",
      options: { auto_cd: true, beep: false },
      aliases: [
        { name: "zshconfig", expansion: "mate ~/.zshrc" },
        { name: "ll", expansion: "ls -l" },
        { name: "L", expansion: "| less", kind: "global" },
      ],
    });
  });

  it("prezto is read: modules over several lines, theme, keys", () => {
    const text = `zstyle ':prezto:*:*' color 'yes'
zstyle ':prezto:*:*' case-sensitive 'no'
zstyle ':prezto:load' pmodule \\
  'environment' \\
  'tmux' \\
  'autosuggestions'
zstyle ':prezto:module:editor' key-bindings 'vi'
zstyle ':prezto:module:prompt' theme 'sorin'
`;
    const definition = readDefinition("prezto", text);
    expect(told(definition)).toEqual([
      "1 - style :prezto:*:* color",
      "2 + case-sensitive",
      "3 + plugin environment",
      "3 - plugin tmux",
      "3 + plugin autosuggestions",
      "7 + keys vi",
      "8 + theme sorin",
    ]);
    expect(definition.shell).toMatchObject({
      plugins: ["zsh-autosuggestions"],
      keys: "vi",
      completion: { ignoreCase: true },
    });
  });

  it("antigen is read: bundles one by one and in a here-document", () => {
    const text = `source /usr/share/zsh-antigen/antigen.zsh
antigen use oh-my-zsh
antigen bundle zsh-users/zsh-syntax-highlighting --branch=master
antigen bundles <<EOBUNDLES
  git
  https://github.com/zsh-users/zsh-autosuggestions.git   # fish-like

EOBUNDLES
antigen theme romkatv/powerlevel10k
antigen apply
alias g=git
`;
    const definition = readDefinition("antigen", text);
    expect(told(definition)).toEqual([
      "1 - source /usr/share/zsh-antigen/antigen.zsh",
      "2 - use oh-my-zsh",
      "3 + plugin zsh-users/zsh-syntax-highlighting",
      "5 - plugin git",
      "6 + plugin https://github.com/zsh-users/zsh-autosuggestions.git",
      "9 + theme powerlevel10k",
      "11 + alias g",
    ]);
    expect(definition.shell).toMatchObject({
      theme: "two-lines",
      plugins: ["zsh-syntax-highlighting", "zsh-autosuggestions"],
    });
  });

  it("any framework gives a specification that holds, whatever the text", () => {
    const piece = fc.constantFrom(
      ..."alias |plugins=|(|)|ZSH_THEME=|export A=|zstyle ':prezto:load' pmodule |antigen bundle |antigen bundles <<E|E|'|\"|\\|\n|;|&&|if|fi|{|}|#|$(|`|x|zsh-autosuggestions|setopt beep|\0| ".split(
        "|",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom(...frameworks), (pieces, framework) => {
        const { shell } = readDefinition(framework, pieces.join(""));
        expect(shellSchema.safeParse(shell).error).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

it("quotes, blanks and continued lines are read as zsh reads them", () => {
  const words = (text: string) => readStatements(text).map((each) => each.words.map((word) => word.text));
  expect(words(`a 'b c' "d \\"e\\" \\f" g\\ h # no\ni;j\\\nk`)).toEqual([
    ["a", "b c", 'd "e" \\f', "g h"],
    ["i"],
    ["jk"],
  ]);
  expect(
    readStatements("a 'b $c' \"$d\" ~/e *").flatMap((each) => each.words.map(({ isPlain }) => isPlain)),
  ).toEqual([true, true, false, false, false]);
});
