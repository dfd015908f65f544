import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The types of a resource's outputs that are always there, as TypeScript texts by name. */
export type OutputTypes = Readonly<Record<string, string>>;

const require = createRequire(import.meta.url);
const known = new Map<string, OutputTypes>();

/**
 * What a resource of a type answers, from the declarations in its npm package: the packages come without a schema,
 * and a property whose type has no `undefined` is one that the cloud fills in.
 *
 * @throws Error when the package has no such type
 */
export function outputTypes(type: string): OutputTypes {
  const found = known.get(type) ?? readTypes(declarationFile(type));
  known.set(type, found);
  return found;
}

/** `aws:ec2/vpc:Vpc` → aws/ec2/vpc.d.ts; `azure-native:cdn:AFDOrigin` → azure-native/cdn/afdorigin.d.ts. */
function declarationFile(type: string): string {
  const [pack = "", module = "", name = ""] = type.split(":");
  const root = dirname(require.resolve(`@pulumi/${pack}/package.json`));
  if (pack === "aws") return join(root, `${module}.d.ts`);
  const folder = join(root, module);
  const file = readdirSync(folder).find((each) => each.toLowerCase() === `${name.toLowerCase()}.d.ts`);
  if (file === undefined) throw new Error(`@pulumi/${pack} has no type ${type}`);
  return join(folder, file);
}

function readTypes(file: string): OutputTypes {
  const text = readFileSync(file, "utf8");
  const fields = text.matchAll(/^ {4}readonly (\w+): pulumi\.Output<([\s\S]*?)>;$/gm);
  const present = [...fields].filter(([, , type]) => !/\| undefined$/.test(type!));
  return Object.fromEntries(present.map(([, name, type]) => [name, type]));
}
