import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as library from "../../../components/index.ts";
import { ROOT } from "../../../toolchain/found.mjs";
import * as around from "./around.ts";

/** What a class doc says of its component. */
export interface ClassDoc {
  component: string;
  text: string;
}

/** Code that a reader may copy. */
export interface Example {
  title: string;
  code: string;
}

const CLASS_DOC = /\/\*\*((?:(?!\*\/).)*)\*\/\nexport class (\w+) extends ComponentResource/gs;
const CODE = /```ts\n(.*?)```/gs;

/** Of every component that has one. */
export const classDocs: ClassDoc[] = globSync("components/**/*.ts", { cwd: ROOT }).flatMap((path) =>
  [...readFileSync(join(ROOT, path), "utf8").matchAll(CLASS_DOC)].map(([, comment = "", component = ""]) => ({
    component,
    text: comment.replaceAll(/^ \* ?/gm, ""),
  })),
);

/** Pages of docs/components, by file name. */
export const pages: Record<string, string> = Object.fromEntries(
  globSync(join(ROOT, "docs/components/*.md")).map((path) => [basename(path), readFileSync(path, "utf8")]),
);

/** Those of class docs, and those of pages that say what they import; others of pages are parts of one. */
export const examples: Example[] = [
  ...classDocs.flatMap(({ component, text }) => examplesIn(component, text)),
  ...Object.entries(pages).flatMap(([page, text]) =>
    examplesIn(page, text).filter(({ code }) => code.startsWith("import ")),
  ),
];

function examplesIn(title: string, text: string): Example[] {
  return [...text.matchAll(CODE)].map(([, code = ""], at) => ({ title: `${title} ${at + 1}`, code }));
}

/** A module whose default function does what the example says, among the things of around.ts. */
export function exampleModule({ code }: Example): string {
  const imports = code.match(/^import .*? from "[^"]*";\n/gms)?.join("") ?? "";
  const body = code.slice(imports.length).replaceAll("@sha256:…", `@sha256:${"0123456789abcdef".repeat(4)}`);
  const words = new Set(body.match(/\w+/g));
  const named = (module: object) => Object.keys(module).filter((name) => words.has(name));
  return [
    imports || `import { ${named(library)} } from "roost-components";\n`,
    `import { ${named(around)} } from "./around.ts";\n`,
    `export default function example() {\n${body}}\n`,
  ].join("");
}
