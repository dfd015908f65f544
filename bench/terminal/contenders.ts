import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import {
  generate,
  plugins,
  provisionScript,
  shellSchema,
  sourcesOf,
} from "../../host-provisioning/terminal/index.ts";

/** Shown at the end of each contender's prompt, and nowhere else. */
export const ready = "ready>";

/** A home folder with a shell to measure in it. */
export interface Contender {
  name: string;
  /** Writes the home's files, with all that may be made ahead. */
  prepare: (home: string) => void;
  /** Default: an interactive zsh with the home's files. */
  command?: string;
}

const share = "/usr/share";
const pluginFile = (name: string) => join(share, name, `${name}.zsh`);
const write = (home: string, name: string, text: string) => {
  mkdirSync(dirname(join(home, name)), { recursive: true });
  writeFileSync(join(home, name), text);
};

export function zsh(home: string, args: string[]): string {
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    TERM: "xterm-256color",
    LC_ALL: "C.UTF-8",
    PS1: `${ready} `,
  };
  return execFileSync("zsh", args, { cwd: home, env, encoding: "utf8", timeout: 110_000 });
}

/** Our configuration, with the plugins of the catalogue that are named. */
function ours(name: string, names: readonly string[]): Contender {
  return {
    name,
    prepare(home) {
      const texts = plugins.flatMap((plugin) =>
        plugin.files.map((file) => readFileSync(join(share, plugin.name, file.path), "utf8")),
      );
      const character = { kind: "character", text: ready, root: ready };
      const shell = shellSchema.parse({
        plugins: names,
        prompt: { left: [{ kind: "directory" }, { kind: "git" }, character] },
      });
      const made = generate(shell, sourcesOf(texts));
      if (!made.shell) throw new Error(JSON.stringify(made.faults));
      for (const { path, text } of made.shell.files) write(home, path, text);
      write(home, "provision", provisionScript);
      zsh(home, ["-f", "provision", join(home, made.shell.files[0].path)]);
    },
  };
}

const bothPlugins = ["zsh-autosuggestions", "zsh-syntax-highlighting"].map(
  (name) => `source ${pluginFile(name)}\n`,
);

/** What one would write by hand: the same parts, each made by the tools that come with zsh. */
const byHand: Contender = {
  name: "by_hand",
  prepare(home) {
    write(
      home,
      ".zshrc",
      `autoload -Uz compinit vcs_info && compinit -C
zstyle ':completion:*' menu select
precmd_functions+=(vcs_info)
setopt prompt_subst share_history
HISTFILE=~/.zsh_history HISTSIZE=50000 SAVEHIST=50000
PROMPT='%~ \${vcs_info_msg_0_}${ready} '
${bothPlugins.join("")}`,
    );
    zsh(home, ["-ic", "exit"]);
  },
};

const bare: Contender = {
  name: "no_configuration",
  prepare: (home) => write(home, ".zshrc", `PROMPT='${ready} '\n`),
};

/** Nothing is read, the machine's own files neither: what no configuration can be quicker than. */
const floor: Contender = { name: "floor", prepare: () => undefined, command: "zsh -f -i" };

/** Found only where somebody has put it: there is no Debian package of it. */
function ohMyZsh(folder: string): Contender {
  return {
    name: "oh_my_zsh",
    prepare(home) {
      const lines = [
        `ZSH=${folder}`,
        "ZSH_THEME=robbyrussell",
        "plugins=(git)",
        "DISABLE_AUTO_UPDATE=true",
        "source $ZSH/oh-my-zsh.sh",
        ...bothPlugins.map((line) => line.trim()),
        `PROMPT="$PROMPT${ready} "`,
      ];
      write(home, ".zshrc", `${lines.join("\n")}\n`);
      zsh(home, ["-ic", "exit"]);
    },
  };
}

/** Where oh-my-zsh is put by its own installer and by packages. */
const usualFolders = [join(homedir(), ".oh-my-zsh"), "/usr/share/oh-my-zsh"];

/** @param given folder of oh-my-zsh. Default: where it usually is; it is left out where it is not. */
export function contenders(given?: string): Contender[] {
  const folders = given === undefined ? usualFolders : [given];
  const ohMyZshFolder = folders.find((folder) => existsSync(join(folder, "oh-my-zsh.sh")));
  const names = plugins.map(({ name }) => name);
  return [
    ours("ours", names),
    ...names.map((name) => ours(`ours_${name.replaceAll("-", "_")}`, [name])),
    ours("ours_no_plugins", []),
    bare,
    floor,
    byHand,
    ...(ohMyZshFolder === undefined ? [] : [ohMyZsh(ohMyZshFolder)]),
  ];
}
