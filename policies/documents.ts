import { isUnknown } from "./known.ts";
import type { Props } from "./rule.ts";

/**
 * The component that says, beside a resource that takes JSON as text, what that text is: input → document. It has the
 * name and the parent of the resource. Of a text with one open part an engine knows nothing; of a component's inputs
 * it knows every other part. Our components make it (components/document.ts).
 */
export const documentType = "roost-components:index:Document";

/** URN of the component beside a resource. */
export function documentUrn(urn: string): string {
  const types = urn.indexOf("::", urn.indexOf("::") + 2) + 2;
  const name = urn.indexOf("::", types);
  const type = Math.max(types, urn.lastIndexOf("$", name) + 1);
  return `${urn.slice(0, type)}${documentType}${urn.slice(name)}`;
}

/** Inputs with what is said beside the resource in place of each text that is not known. A known text is what counts. */
export function withDocuments(inputs: Props, beside: Props | undefined): Props {
  const open = Object.keys(beside ?? {}).filter((name) => isUnknown(inputs[name]));
  return open.length === 0
    ? inputs
    : { ...inputs, ...Object.fromEntries(open.map((name) => [name, beside[name]])) };
}
