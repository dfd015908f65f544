import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { projectFolder } from "../database.ts";
import { type Operation, operations, unreached } from "./points.ts";

/** One await of the product's source. */
export interface KillPoint {
  /** `operation folder/file function number`, the number counting the awaits of the function. */
  id: string;
  operation: Operation;
  file: string;
  name: string;
}

interface Await {
  /** The function around it, closures counted to the one that has a name. */
  name: string;
  /** Of what is awaited, with its await where that is written. */
  from: number;
  to: number;
  expression: [from: number, to: number];
}

/** All kill points, in the order of their list. */
export function findKillPoints(): KillPoint[] {
  return awaitsOfOperations().filter(({ id }) => !Object.hasOwn(unreached, id));
}

/** With those that are left out. */
export function awaitsOfOperations(): KillPoint[] {
  return Object.entries(operations).flatMap(([operation, files]) =>
    Object.entries(files as Record<string, string[]>).flatMap(([file, names]) => {
      const awaits = awaitsOf(read(file), file);
      return names.flatMap((name) =>
        awaits
          .filter((each) => each.name === name)
          .map((_, at) => ({
            id: `${operation} ${file.split("/").slice(-2).join("/")} ${name} ${at + 1}`,
            operation: operation as Operation,
            file,
            name,
          })),
      );
    }),
  );
}

/**
 * The sources of the files that hold kill points, by URL, each await led past `globalThis.killPoint`: before what it
 * waits for is asked, and when the answer is there.
 */
export function instrumentedSources(): Record<string, string> {
  const points = Map.groupBy(awaitsOfOperations(), ({ file }) => file);
  return Object.fromEntries(
    [...points].map(([file, listed]) => [
      pathToFileURL(join(projectFolder, file)).href,
      instrument(read(file), file, listed),
    ]),
  );
}

/** Names of functions of a file that await. */
export function awaitingFunctions(file: string): string[] {
  return [...new Set(awaitsOf(read(file), file).map(({ name }) => name))];
}

export function instrument(source: string, file: string, points: KillPoint[]): string {
  const ids = Map.groupBy(points, ({ name }) => name);
  const insertions = [...Map.groupBy(awaitsOf(source, file), ({ name }) => name)].flatMap(([name, awaits]) =>
    awaits.flatMap(({ from, to, expression: [begins, ends] }, at) => {
      const id = ids.get(name)?.[at]?.id;
      if (id === undefined) return [];
      const call = (moment: string) => `await killPoint(${JSON.stringify(id)}, "${moment}"`;
      return [
        { at: from, until: begins, text: `(${call("before")}), ${call("after")}, await (` },
        { at: ends, until: to, text: ")))" },
      ];
    }),
  );
  // From the end, so that what is before keeps its place.
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((text, { at, until, text: given }) => text.slice(0, at) + given + text.slice(until), source);
}

/** In the order of the source. A transaction that is returned is awaited as well, by who called. */
function awaitsOf(source: string, file: string): Await[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Await[] = [];
  const visit = (node: ts.Node, name: string): void => {
    const own = nameOf(node) ?? name;
    if (ts.isAwaitExpression(node)) {
      const { expression } = node;
      found.push({
        name: own,
        from: node.getStart(tree),
        to: node.getEnd(),
        expression: [expression.getStart(tree), expression.getEnd()],
      });
    } else if (ts.isReturnStatement(node) && node.expression && isTransaction(node.expression)) {
      const [from, to] = [node.expression.getStart(tree), node.expression.getEnd()];
      found.push({ name: own, from, to, expression: [from, to] });
    }
    ts.forEachChild(node, (child) => visit(child, own));
  };
  visit(tree, "");
  return found;
}

function isTransaction(node: ts.Expression): boolean {
  return ts.isCallExpression(node) && node.expression.getText() === "transaction";
}

function nameOf(node: ts.Node): string | undefined {
  const isNamed = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node);
  return isNamed ? node.name?.getText() : undefined;
}

function read(file: string): string {
  return readFileSync(join(projectFolder, file), "utf8");
}
