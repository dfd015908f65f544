import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  generate,
  provisionScript,
  shellSchema,
  sourcesOf,
} from "../../../host-provisioning/terminal/index.ts";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { debianPlugins } from "./debian-plugins.ts";

const session = fileURLToPath(new URL("./session.zsh", import.meta.url));
const reason = reasonToSkip("zsh", "zsh-autosuggestions", "zsh-syntax-highlighting");

/** What a prompt ends with, for root and for others. */
const ready = "\u001b[39m ";

(reason ? describe.skip : describe)("the real zsh", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "roost-zsh-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const zsh = (args: string[], options: { input?: string; cwd?: string } = {}) =>
    execFileSync("zsh", args, {
      cwd: options.cwd ?? home,
      env: { HOME: home, PATH: process.env.PATH, TERM: "xterm-256color", LC_ALL: "C.UTF-8" },
      input: options.input ?? "",
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 60_000,
    });
  /** Writes the configuration to the home folder as provisioning does. */
  const provision = (fields: object, sources = sourcesOf([])) => {
    const { shell, faults } = generate(shellSchema.parse(fields), sources);
    if (!shell) throw new Error(JSON.stringify(faults));
    for (const { path, text } of shell.files) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    }
    writeFileSync(join(home, "provision.zsh"), provisionScript);
    zsh(["-f", "provision.zsh", join(home, shell.files[0].path)]);
    return shell;
  };
  const folder = () => join(home, ".local/share/roost/zsh");
  const interactive = (line: string) => zsh(["-ic", line]);

  it("takes the configuration, compiles it and makes the completion dump", () => {
    const { files } = provision({ theme: "two-lines" });
    expect(readdirSync(folder()).map((name) => name.replace(/-5[\d.]+\d/, "-5"))).toEqual(
      expect.arrayContaining(["completions-5", "completions-5.zwc", "completions-5.stamp"]),
    );
    expect(existsSync(join(home, `${files[0].path}.zwc`))).toBe(true);
    expect(zsh(["-nf", join(home, ".zshrc")])).toBe("");
  });

  it("sets what the specification says, and evaluates nothing of it", () => {
    const value = 'it\'s $(touch made) `touch made` \\n "x" \n!! %n';
    provision({
      environment: { TEXT: value },
      path: ["/opt/$(touch made)/x y"],
      aliases: [
        { name: "ll", expansion: "ls -l 'a b' $(touch made)" },
        { name: "G", kind: "global", expansion: "| grep" },
        { name: "txt", kind: "suffix", expansion: "less" },
        { name: "absent", expansion: "x", requires: "no-such-command" },
        { name: "elsewhere", expansion: "x", os: "darwin" },
        { name: "here", expansion: "x", os: "linux", requires: "cat" },
      ],
      options: { auto_cd: true, beep: false },
      keys: "vi",
    });
    expect(interactive('print -r -- "$TEXT"')).toBe(`${value}\n`);
    expect(interactive("print -r -- $path[1]")).toBe("/opt/$(touch made)/x y\n");
    const aliases = interactive(
      'print -r -- "${aliases[ll]}"; print -r -- ${galiases[G]} ${saliases[txt]} ${+aliases[absent]} ${+aliases[elsewhere]} ${+aliases[here]}',
    );
    expect(aliases).toBe("ls -l 'a b' $(touch made)\n| grep less 0 0 1\n");
    expect(interactive("[[ -o auto_cd && ! -o beep ]] && bindkey -lL main")).toBe("bindkey -A viins main\n");
    expect(existsSync(join(home, "made"))).toBe(false);
  });

  it("knows Home and End as the terminal sends them, in application mode and outside of it", () => {
    provision({});
    expect(interactive("bindkey $'\\e[H'; bindkey $'\\eOF'")).toBe(
      '"^[[H" beginning-of-line\n"^[OF" end-of-line\n',
    );
  });

  it("reads what one keeps for oneself behind it", () => {
    provision({ environment: { WHO: "roost" } });
    writeFileSync(join(home, ".zshrc.local"), "WHO=me\n");
    expect(interactive("print $WHO")).toBe("me\n");
  });

  it("has plugins and completion when it runs the first line", () => {
    provision({ plugins: ["zsh-autosuggestions", "zsh-syntax-highlighting"] }, debianPlugins());
    const loaded =
      "print loaded ${+functions[_zsh_highlight]} ${+functions[_zsh_autosuggest_start]} ${+functions[compdef]} ${+functions[_roost_decorate]} $(bindkey '^I')\n";
    const shown = zsh(["-f", session, ready, loaded, "loaded 1 1 1 0", "", ready, "exit\n"]);
    expect(shown).not.toMatch(/_roost_\w+:\d+:|command not found/);
    expect(shown).toMatch(/loaded 1 1 1 0 "\^I" \S*(complete|expand)/);
    // What is a command is green while it is typed: plugins are live from the first line on.
    expect(shown).toContain("\u001b[32m");
  });

  it("runs a line that was typed before it was there at once, and loads for one with more than characters", () => {
    provision({ plugins: ["zsh-autosuggestions", "zsh-syntax-highlighting"] }, debianPlugins());
    // It begins when there is a whole line.
    writeFileSync(join(home, ".zshenv"), "zmodload zsh/zselect && zselect -r 0\n");
    const ask = "print has $+functions[_zsh_highlight]/$+functions[compdef]";
    const then = ["", ready, `${ask}\n`, "has 1/1", "", ready, "exit\n"];
    expect(zsh(["-f", session, "", `${ask}\n`, "has 0/0", ...then])).not.toContain("command not found");
    const toStart = "\u0001";
    expect(zsh(["-f", session, "", `${ask}${toStart}\n`, "has 1/1", ...then])).not.toContain(
      "command not found",
    );
  });

  it("suggests the rest of a line as it was typed before", () => {
    provision({ plugins: ["zsh-autosuggestions", "zsh-syntax-highlighting"] }, debianPlugins());
    const line = "print 'sug''gested'-done";
    const steps = [
      ready,
      `${line}\n`,
      "suggested-done",
      "",
      ready,
      line.slice(0, 12),
      "ested'-done",
      "\u0015exit\n",
    ];
    expect(zsh(["-f", session, ...steps])).not.toMatch(/_roost_\w+:\d+:|command not found/);
  });

  it("wraps the keys for its plugins once, and anew when something else has been bound", () => {
    provision({ plugins: ["zsh-autosuggestions", "zsh-syntax-highlighting"] }, debianPlugins());
    const ask = (to: string) => {
      const end =
        "print rebound $+widgets[mine] $_ZSH_AUTOSUGGEST_BIND_COUNTS[yank-pop]/$_ZSH_AUTOSUGGEST_BIND_COUNTS[up-history] ";
      const shown = zsh(["-f", session, ready, `${end}\${widgets[self-insert]}\n`, to, "", ready, "exit\n"]);
      expect(shown).not.toMatch(/_roost_\w+:\d+:|command not found/);
      // What is wrapped again gets another name, with the time and a random number in it.
      return /user:_zsh_highlight_widget_orig-\S+-self-insert/.exec(shown)?.[0];
    };
    const first = ask("rebound 0 /1");
    expect(first).toBeDefined();
    expect(ask("rebound 0 /1")).toBe(first);
    writeFileSync(join(home, ".zshrc.local"), "mine() { zle .self-insert }\nzle -N mine\n");
    const other = ask("rebound 1 /1");
    expect(other).not.toBe(first);
    expect(ask("rebound 1 /1")).toBe(other);
  });

  it("shows a branch whose name is an order, and does not obey it", () => {
    provision({ theme: "plain" });
    const work = join(home, "work");
    const branch = "a$(touch${IFS}made)%F{red}";
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", work, ...args], { env: { ...process.env, HOME: home } });
    mkdirSync(work);
    git("init", "-q");
    git("symbolic-ref", "HEAD", `refs/heads/${branch}`);
    writeFileSync(join(work, "new"), "");
    const shown = zsh(["-f", session, `${branch}*`, "exit\n"], { cwd: work });
    expect(shown).toContain(`\u001b[35m${branch}*`);
    expect(readdirSync(work).toSorted()).toEqual([".git", "new"]);
  });

  it("makes the completion dump anew when a folder of fpath has changed, and only then", () => {
    provision({ completion: { menu: false } });
    const more = join(home, "functions");
    mkdirSync(more);
    writeFileSync(join(more, "_brandnew"), "#compdef brandnew\n");
    const ask = "print known ${+_comps[brandnew]}\n";
    const run = (known: number) => zsh(["-f", session, ready, ask, `known ${known}`, "exit\n"]);
    run(0);
    writeFileSync(join(home, ".zshrc.local"), `fpath+=(${more})\n`);
    run(1);
  });
});
