import { type Alias, aliasSchema } from "../aliases.ts";
import { pluginNames } from "../catalogue.ts";
import { optionNames, type Shell, shellSchema } from "../specification.ts";
import type { Statement } from "./statements.ts";

/** What became of a line of another framework's definition. */
export interface Note {
  line: number;
  /** Such as `plugin git`, `theme agnoster`, `alias ll`. */
  subject: string;
  taken: boolean;
  message: string;
}

export interface Definition {
  framework: "oh-my-zsh" | "prezto" | "antigen";
  /** Fields of a shell specification; the rest keeps its defaults. */
  shell: Partial<Shell>;
  notes: Note[];
}

/** Gathers what a reader takes over, and says of the rest why not. */
export class Collector {
  readonly shell: Partial<Shell> = {};
  readonly notes: Note[] = [];
  readonly #aliases = new Map<string, Alias>();

  take(line: number, subject: string, message: string): void {
    this.notes.push({ line, subject, taken: true, message });
  }

  leave(line: number, subject: string, message: string): void {
    this.notes.push({ line, subject, taken: false, message });
  }

  plugin(line: number, name: string): void {
    const subject = `plugin ${name}`;
    const short = name.replace(/^.*\//, "").replace(/\.git$/, "");
    const known = pluginNames.find((each) => each === (sameAs[short] ?? short));
    if (known) {
      this.shell.plugins = [...new Set([...(this.shell.plugins ?? []), known])];
      this.take(line, subject, `${known} of the catalogue, at its pinned commit`);
    } else if (builtIn.has(short)) this.take(line, subject, "is part of every configuration");
    else this.leave(line, subject, "is not in the catalogue of pinned plugins");
  }

  theme(line: number, name: string): void {
    const subject = `theme ${name}`;
    const like = themeLike[name];
    this.shell.theme = like ?? "plain";
    if (like) this.take(line, subject, `${like}, which shows the same parts`);
    else this.leave(line, subject, "has no counterpart; the theme is plain");
  }

  keys(line: number, name: string): void {
    if (name !== "vi" && name !== "emacs") {
      this.leave(line, `keys ${name}`, "expected emacs or vi");
      return;
    }
    this.shell.keys = name;
    this.take(line, `keys ${name}`, "the same key bindings");
  }

  /** Lines that mean the same in every framework: aliases, exports, options, vi or emacs keys. */
  plainLine({ line, words, depth }: Statement): void {
    const [first, ...rest] = words;
    const command = first?.text;
    if (command === "alias") {
      this.#alias(line, depth, rest);
      return;
    }
    if (command === "export") {
      for (const { text, isPlain } of rest) this.#variable(line, depth, text, isPlain);
    } else if (command === "bindkey" && /^-[ev]$/.test(rest[0]?.text ?? "")) {
      this.keys(line, rest[0]?.text === "-v" ? "vi" : "emacs");
    } else if (command === "setopt" || command === "unsetopt") {
      for (const { text } of rest) this.#option(line, text, command === "setopt");
    } else if (command === "source" || command === ".") {
      this.leave(line, `${command} ${rest[0]?.text ?? ""}`, "what other files say is not looked at");
    }
  }

  done(framework: Definition["framework"]): Definition {
    if (this.#aliases.size > 0) this.shell.aliases = [...this.#aliases.values()];
    return { framework, shell: this.shell, notes: this.notes };
  }

  #alias(line: number, depth: number, words: Statement["words"]): void {
    const flags = words.filter(({ text }) => /^-[gsr]$/.test(text)).map(({ text }) => text);
    const kind = flags.includes("-g") ? "global" : flags.includes("-s") ? "suffix" : "regular";
    for (const { text, isPlain } of words.filter(({ text }) => text.includes("="))) {
      const at = text.indexOf("=");
      const subject = `alias ${text.slice(0, at)}`;
      const parsed = aliasSchema.safeParse({ name: text.slice(0, at), expansion: text.slice(at + 1), kind });
      if (depth > 0) this.leave(line, subject, "stands under a condition; import it from the running shell");
      else if (!isPlain)
        this.leave(line, subject, "is known to the running shell only; import it from there");
      else if (!parsed.success) this.leave(line, subject, parsed.error.issues[0]?.message ?? "is no alias");
      else {
        this.#aliases.set(`${kind} ${parsed.data.name}`, parsed.data);
        this.take(line, subject, "the same alias");
      }
    }
  }

  #variable(line: number, depth: number, text: string, isPlain: boolean): void {
    const at = text.indexOf("=");
    if (at < 0) return;
    const name = text.slice(0, at);
    const subject = `variable ${name}`;
    const environment = { ...this.shell.environment, [name]: text.slice(at + 1) };
    if (name === "ZSH") {
      this.leave(line, subject, "is the framework's own folder");
      return;
    }
    if (depth > 0) {
      this.leave(line, subject, "stands under a condition");
      return;
    }
    if (!isPlain) {
      this.leave(line, subject, "is made by the shell from other values");
      return;
    }
    if (/key|token|secret|passw|credential/i.test(name)) {
      this.leave(line, subject, "looks like a secret, and a configuration is no place for one");
      return;
    }
    if (!shellSchema.safeParse({ environment }).success) {
      this.leave(line, subject, "has a field of its own, or is the shell's");
      return;
    }
    this.shell.environment = environment;
    this.take(line, subject, "the same value");
  }

  #option(line: number, text: string, isSet: boolean): void {
    const plain = text.toLowerCase().replaceAll("_", "");
    const found = optionNames.find((name) => name.replaceAll("_", "") === plain);
    const negated = optionNames.find((name) => `no${name.replaceAll("_", "")}` === plain);
    const name = found ?? negated;
    if (!name) {
      this.leave(line, `option ${text}`, "is not among the options of a specification");
      return;
    }
    this.shell.options = { ...this.shell.options, [name]: found ? isSet : !isSet };
    this.take(line, `option ${text}`, "the same option");
  }
}

/** Names by which frameworks call plugins of the catalogue. */
const sameAs: Record<string, string> = {
  autosuggestions: "zsh-autosuggestions",
  "syntax-highlighting": "zsh-syntax-highlighting",
  "fast-syntax-highlighting": "zsh-syntax-highlighting",
};

/** What they do is done for everybody. */
const builtIn = new Set([
  "environment",
  "terminal",
  "editor",
  "history",
  "completion",
  "prompt",
  "zsh-completions",
]);

const themeLike: Record<string, Shell["theme"]> = {
  robbyrussell: "plain",
  pure: "plain",
  sorin: "plain",
  minimal: "minimal",
  agnoster: "server",
  gentoo: "server",
  bira: "two-lines",
  ys: "two-lines",
  powerlevel10k: "two-lines",
  paradox: "two-lines",
};
