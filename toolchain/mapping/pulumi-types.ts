import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { Field, ResourceShape, Shape } from "./shapes.ts";

type Interfaces = Map<string, ts.InterfaceDeclaration>;

/**
 * Every resource type of an installed `@pulumi/aws`, read from its type declarations.
 *
 * @param folder of the package, such as `node_modules/@pulumi/aws`
 * @param isWanted whether to read a type; default all of them
 */
export function readPulumiTypes(
  folder: string,
  isWanted: (token: string) => boolean = () => true,
): ResourceShape[] {
  const inputs = readInputTypes(join(folder, "types", "input.d.ts"));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["node_modules", "types", "scripts"].includes(entry.name))
    .flatMap((entry) => readModule(join(folder, entry.name), inputs, isWanted))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}

function readModule(
  folder: string,
  inputs: Interfaces,
  isWanted: (token: string) => boolean,
): ResourceShape[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".js") && file !== "index.js")
    .flatMap((file) => {
      const token = /__pulumiType = '([^']+)'/.exec(readFileSync(join(folder, file), "utf8"))?.[1];
      return token === undefined || !isWanted(token)
        ? []
        : [readResource(join(folder, file.replace(/js$/, "d.ts")), token, inputs)];
    });
}

function readResource(file: string, type: string, interfaces: Interfaces): ResourceShape {
  const source = parse(file);
  const name = type.split(":").at(-1)!;
  let inputs: ResourceShape["inputs"] = {};
  let outputs: string[] = [];
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === `${name}Args`) {
      inputs = fieldsOf(statement, interfaces);
    }
    if (ts.isClassDeclaration(statement) && statement.name?.text === name) {
      outputs = statement.members
        .filter((member) => ts.isPropertyDeclaration(member) && !isStatic(member))
        .map((member) => (member.name as ts.Identifier).text);
    }
  }

  return { type, inputs, outputs: ["id", ...outputs] };
}

function isStatic(member: ts.ClassElement): boolean {
  return (
    ts.canHaveModifiers(member) &&
    !!ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword)
  );
}

/** Interfaces by `module.Name`, or by `Name` for those outside a module. */
function readInputTypes(file: string): Interfaces {
  const found: Interfaces = new Map();
  const visit = (statements: readonly ts.Statement[], module: string) => {
    for (const statement of statements) {
      if (ts.isInterfaceDeclaration(statement)) found.set(`${module}${statement.name.text}`, statement);
      if (ts.isModuleDeclaration(statement) && statement.body && ts.isModuleBlock(statement.body)) {
        visit(statement.body.statements, `${module}${statement.name.text}.`);
      }
    }
  };
  visit(parse(file).statements, "");
  return found;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
}

function fieldsOf(declaration: ts.InterfaceDeclaration, interfaces: Interfaces): Record<string, Field> {
  const fields = declaration.members.filter(ts.isPropertySignature).map((member) => {
    const shape = member.type ? shapeOf(member.type, interfaces) : ({ kind: "any" } as const);
    return [
      (member.name as ts.Identifier).text,
      { shape, required: member.questionToken === undefined, documentation: "" },
    ] as const;
  });
  return Object.fromEntries(fields);
}

/** `pulumi.Input<T>`, `T[]`, `{[key: string]: T}`, unions with undefined or enums, and names of input types. */
function shapeOf(node: ts.TypeNode, interfaces: Interfaces): Shape {
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { kind: "text" };
    case ts.SyntaxKind.NumberKeyword:
      return { kind: "number" };
    case ts.SyntaxKind.BooleanKeyword:
      return { kind: "boolean" };
  }
  if (ts.isUnionTypeNode(node)) {
    const known = node.types.map((part) => shapeOf(part, interfaces)).filter(({ kind }) => kind !== "any");
    return known[0] ?? { kind: "any" };
  }
  if (ts.isArrayTypeNode(node)) return { kind: "list", element: shapeOf(node.elementType, interfaces) };
  if (ts.isTypeLiteralNode(node)) {
    const index = node.members.find(ts.isIndexSignatureDeclaration);
    return index ? { kind: "map", element: shapeOf(index.type, interfaces) } : { kind: "any" };
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = entityName(node.typeName);
    if (name === "pulumi.Input") return shapeOf(node.typeArguments![0]!, interfaces);
    if (name.startsWith("enums.")) return { kind: "text" };
    const declaration = interfaces.get(name.replace(/^inputs\./, ""));
    // A policy document may be given as an object as well as a text.
    if (/PolicyDocument$/.test(name)) return { kind: "text" };
    return declaration
      ? { kind: "object", name, fields: () => fieldsOf(declaration, interfaces) }
      : { kind: "any" };
  }
  return { kind: "any" };
}

function entityName(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : `${entityName(name.left)}.${name.right.text}`;
}
