const prefix = "urn:pulumi:";

/** The parts of `urn:pulumi:<stack>::<project>::<qualified type>::<name>`. */
export interface UrnParts {
  stack: string;
  project: string;
  /** With the types of its parents: `parent$child`. */
  qualifiedType: string;
  /** The last part of the qualified type. */
  type: string;
  name: string;
}

export const rootStackType = "pulumi:pulumi:Stack";

/** `undefined` when the text is no URN. */
export function parseUrn(urn: string): UrnParts | undefined {
  if (!urn.startsWith(prefix)) return undefined;
  const [stack, project, qualifiedType, ...name] = urn.slice(prefix.length).split("::");
  if (stack === undefined || project === undefined || qualifiedType === undefined || name.length === 0)
    return undefined;
  return {
    stack,
    project,
    qualifiedType,
    type: qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1),
    name: name.join("::"),
  };
}

/** The URN that a resource gets under a parent of the given qualified type; the stack itself adds nothing. */
export function urnUnder(parentType: string, child: UrnParts): string {
  const type = parentType === "" || parentType === rootStackType ? child.type : `${parentType}$${child.type}`;
  return `${prefix}${child.stack}::${child.project}::${type}::${child.name}`;
}

export interface ProviderReference {
  urn: string;
  id: string;
}

/** Splits `<urn>::<id>`; `undefined` when it names no provider resource. */
export function parseProviderReference(reference: string): ProviderReference | undefined {
  const end = reference.lastIndexOf("::");
  if (end < 0) return undefined;
  const urn = reference.slice(0, end);
  return isProviderType(parseUrn(urn)?.type) ? { urn, id: reference.slice(end + 2) } : undefined;
}

export function isProviderType(type: string | undefined): boolean {
  const token = "pulumi:providers:";
  return type?.startsWith(token) === true && type.length > token.length;
}
