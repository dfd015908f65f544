import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { list, type ReadEntry } from "tar";
import type { Field, ResourceShape, Shape } from "./shapes.ts";

/** The package that holds the schemas of Terraform's provider for AWS as code; 37 MB, so it is no dependency. */
export const TERRAFORM_SOURCE = "@cdktn/provider-aws@25.7.0";

/** Every resource type of Terraform's provider for AWS, from the package that its makers generate from its schema. */
export async function readTerraformTypes(): Promise<ResourceShape[]> {
  const folder = mkdtempSync(join(tmpdir(), "roost-schemas-"));
  try {
    execFileSync("npm", ["pack", "--silent", TERRAFORM_SOURCE], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const found: ResourceShape[] = [];
    await list({
      file: join(folder, readdirSync(folder)[0]!),
      filter: (path) => /^package\/lib\/[^/]+\/index\.js$/.test(path),
      onReadEntry: (entry: ReadEntry) => {
        const pieces: Buffer[] = [];
        entry.on("data", (piece: Buffer) => pieces.push(piece));
        entry.on("end", () => {
          const shape = parse(Buffer.concat(pieces).toString("utf8"));
          if (shape) found.push(shape);
        });
      },
    });
    return found.sort((a, b) => (a.type < b.type ? -1 : 1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const OBJECT = /^function (\w+)ToHclTerraform\(struct\) \{[\s\S]*?const attrs = \{(|[\s\S]*?\n {4})\};/gm;
const ATTRIBUTE =
  /^ +(\w+): \{\n +value: (.*),\n +isBlock: (?:true|false),\n +type: "(\w+)",\n +storageClassType: "(\w+)",\n/gm;

/** The resource that a module of the package is of; undefined when it is of a data source. */
export function parse(code: string): ResourceShape | undefined {
  const type = /\btfResourceType = "(aws_\w+)";/.exec(code)?.[1];
  const start = code.search(/ extends cdkt[fn]\.TerraformResource /);
  if (type === undefined || start < 0) return undefined;
  const objects = new Map([...code.matchAll(OBJECT)].map(([, name, body]) => [name!, body!]));
  const resource = code.slice(start);
  const body =
    /synthesizeHclAttributes\(\) \{\s+const attrs = \{([\s\S]*?)\n {8}\};/.exec(resource)?.[1] ?? "";
  const inputs = fieldsOf(body, objects, resource);
  const read = [
    ...resource.matchAll(/this\.get\w+Attribute\('(\w+)'\)/g),
    ...resource.matchAll(/ = new \w+\(this, "(\w+)"/g),
  ].map(([, name]) => name!);
  return { type, inputs, outputs: [...new Set([...Object.keys(inputs), ...read])] };
}

function fieldsOf(body: string, objects: Map<string, string>, resource = ""): Record<string, Field> {
  const fields = [...body.matchAll(ATTRIBUTE)].map(([, name, value, kind, stored]) => {
    const required = resource.includes(`// ${name} - computed: false, optional: false, required: true`);
    return [name!, { shape: shapeOf(value!, kind!, stored!, objects), required, documentation: "" }] as const;
  });
  return Object.fromEntries(fields);
}

const KINDS: Record<string, Shape["kind"]> = { string: "text", number: "number", boolean: "boolean" };

function shapeOf(value: string, kind: string, stored: string, objects: Map<string, string>): Shape {
  const name = /\b(\w+)ToHclTerraform/.exec(value.replace(/cdkt[fn]\.\w+/g, ""))?.[1];
  const body = name === undefined ? undefined : objects.get(name);
  const plain: Shape = { kind: KINDS[stored.replace(/(List|Map)$/, "")] ?? "any" };
  const inner: Shape =
    body === undefined ? plain : { kind: "object", name: name!, fields: () => fieldsOf(body, objects) };
  if (kind === "list" || kind === "set") return { kind: "list", element: inner };
  return kind === "map" ? { kind: "map", element: inner } : inner;
}
