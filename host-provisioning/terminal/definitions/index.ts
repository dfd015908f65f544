import { Collector, type Definition } from "./common.ts";
import { readStatements, type Statement } from "./statements.ts";

type Line = (statement: Statement, into: Collector) => boolean;

/** Reads the `.zshrc` of an oh-my-zsh set-up. */
const ohMyZsh: Line = ({ line, words }, into) => {
  const [first, ...rest] = words.map(({ text }) => text);
  if (first === "ZSH_THEME=" || first?.startsWith("ZSH_THEME=")) {
    const name = first.slice("ZSH_THEME=".length).replace(/^.*\//, "");
    if (name) into.theme(line, name);
  } else if (first === "plugins=" || first === "plugins+=") for (const name of rest) into.plugin(line, name);
  else if (first?.startsWith("HYPHEN_INSENSITIVE=") || first?.startsWith("DISABLE_"))
    into.leave(line, first, "is a setting of the framework");
  else if (first === "CASE_SENSITIVE=true") {
    into.shell.completion = { enabled: true, menu: true, ignoreCase: false };
    into.take(line, first, "completion minds case");
  } else if (first === "source" && /oh-my-zsh\.sh$/.test(rest[0] ?? "")) return true;
  else return false;
  return true;
};

/** Reads a `.zpreztorc`. */
const prezto: Line = ({ line, words }, into) => {
  const [first, context, name, ...values] = words.map(({ text }) => text);
  if (first !== "zstyle") return false;
  if (context === ":prezto:load" && name === "pmodule")
    for (const module of values) into.plugin(line, module);
  else if (context === ":prezto:module:prompt" && name === "theme") into.theme(line, values[0] ?? "");
  else if (context === ":prezto:module:editor" && name === "key-bindings") into.keys(line, values[0] ?? "");
  else if (context === ":prezto:*:*" && name === "case-sensitive") {
    const minds = values[0] === "yes";
    into.shell.completion = { enabled: true, menu: true, ignoreCase: !minds };
    into.take(line, "case-sensitive", `completion ${minds ? "minds" : "ignores"} case`);
  } else into.leave(line, `style ${context ?? ""} ${name ?? ""}`.trim(), "has no counterpart");
  return true;
};

/** Reads a `.zshrc` or `.antigenrc` that calls antigen. */
const antigen: Line = ({ line, words, here }, into) => {
  const [first, order, ...rest] = words.map(({ text }) => text);
  if (first !== "antigen") return false;
  const named = rest.filter((text) => !text.startsWith("-"));
  if (order === "bundle" && named[0]) into.plugin(line, named[0]);
  else if (order === "bundles") {
    for (const [at, row] of (here ?? []).entries()) {
      const name = row.replace(/#.*/, "").trim().split(/\s+/)[0];
      if (name) into.plugin(line + 1 + at, name);
    }
  } else if (order === "theme" && named[0]) into.theme(line, (named[1] ?? named[0]).replace(/^.*\//, ""));
  else if (order === "use")
    into.leave(line, `use ${rest[0] ?? ""}`, "libraries of frameworks are not loaded");
  return true;
};

const readers = { "oh-my-zsh": ohMyZsh, prezto, antigen } as const;
export type Framework = keyof typeof readers;
export const frameworks = Object.keys(readers) as [Framework, ...Framework[]];

/** The framework that a `.zshrc` starts; undefined: none that can be read. Pure. */
export function frameworkOf(zshrc: string): Framework | undefined {
  if (/^\s*(source|\.)\s.*oh-my-zsh\.sh\b/m.test(zshrc)) return "oh-my-zsh";
  if (/^\s*antigen\s/m.test(zshrc)) return "antigen";
  return /^\s*zstyle\s+['"]?:prezto:/m.test(zshrc) ? "prezto" : undefined;
}

/**
 * What a definition of another framework says, as fields of a shell specification, and what became of each line.
 * Nothing of it is run. Pure.
 */
export function readDefinition(framework: Framework, text: string): Definition {
  const into = new Collector();
  for (const statement of readStatements(text)) {
    if (!readers[framework](statement, into)) into.plainLine(statement);
  }
  return into.done(framework);
}
