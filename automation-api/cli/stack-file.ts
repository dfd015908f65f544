import { isCollection, isMap, isScalar, parseDocument, type Scalar, type YAMLMap } from "yaml";
import { RoostError } from "../errors.ts";

/** The configuration of a Pulumi stack file, for the programs that come with Roost. */
export interface StackFile {
  /** What `roost:program` names. */
  program?: string;
  /** By key without namespace, as a program sees them: numbers and booleans as texts. */
  values: Record<string, unknown>;
  /** Keys whose values are encrypted. They cannot be read here: each is the text "[secret]". */
  secretKeys: string[];
}

const NAMESPACE = "roost:";

/**
 * Reads a stack file such as Pulumi.dev.yaml. Keys of other namespaces are for providers and are left out.
 * @throws invalid when it is no such file
 */
export function readStackFile(text: string): StackFile {
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault) throw refused(`is no sound YAML: ${fault.message.split("\n")[0]}`);
  const config = isMap(document.contents) ? document.get("config") : undefined;
  if (!isMap(config)) throw refused('has no map "config"');
  const values: Record<string, unknown> = Object.create(null);
  const secretKeys: string[] = [];
  for (const [key, value] of entries(config)) {
    if (isEncrypted(value)) secretKeys.push(key);
    values[key] = isEncrypted(value) ? "[secret]" : value;
  }
  const { program, ...rest } = values;
  return { values: rest, secretKeys, ...(program !== undefined && { program: String(program) }) };
}

function entries(config: YAMLMap): [string, unknown][] {
  return config.items.flatMap(({ key, value }) => {
    const name = String(isScalar(key) ? key.value : key);
    if (name.includes(":") && !name.startsWith(NAMESPACE)) return [];
    const plain = isCollection(value) ? value.toJSON() : isScalar(value) ? textOf(value) : value;
    return [[name.replace(NAMESPACE, ""), plain]];
  });
}

/** As it is written: an account number with zeros before it stays one. */
function textOf({ source, value }: Scalar): string {
  return source ?? String(value);
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

function refused(message: string): RoostError {
  return new RoostError("invalid", `The stack file ${message}.`);
}
