// JSON texts that a resource takes, such as policies: their parts are not all known at the same time.

import { all, ComponentResource, type Input, type Output, output, type Resource } from "@pulumi/pulumi";

/** What a JSON text says, in parts of which some are known later than others. */
export type JsonDocument = Record<string, unknown> | readonly unknown[];

/** Type of the component that says what a text says; policies read it (policies/documents.ts). */
const DOCUMENT_TYPE = "roost-components:index:Document";

/**
 * A document as the text that a resource takes, and beside it as what it says. An engine knows nothing of a text while
 * one part of it is open, such as an ARN before the first update; it does know the other parts of a component's
 * inputs. So policies can judge the first preview. Once the text is known it is what counts, and a policy refuses
 * one that says something else.
 * @param name of the resource that takes the text: the component beside it has the same
 * @param property of that resource
 * @param parent of that resource; none for one of a stack itself
 */
export function documentText(
  name: string,
  property: string,
  document: JsonDocument,
  parent?: Resource,
): Output<string> {
  const beside = new ComponentResource(DOCUMENT_TYPE, name, { [property]: document }, { parent });
  // By the URN the resource comes after what is said of it.
  return all([output(document), beside.urn]).apply(([known]) =>
    JSON.stringify(withoutEmpty(known as JsonDocument)),
  );
}

/** The text as it is where a user overrides it, and else that of the document, also said beside the resource. */
export function withDocumentText<K extends string, T extends Record<K, Input<unknown>>>(
  name: string,
  property: K,
  args: T,
  parent: Resource,
): Omit<T, K> & Record<K, Input<string>> {
  const given = args[property] as JsonDocument | Input<string>;
  const isText = typeof given === "string" || given instanceof Promise || "apply" in given;
  const text = isText
    ? (given as Input<string>)
    : documentText(name, property, given as JsonDocument, parent);
  return { ...args, [property]: text };
}

/** Without statements that turn out to name nothing, which IAM refuses. */
function withoutEmpty(document: JsonDocument): unknown {
  if (!("Statement" in document) || !Array.isArray(document.Statement)) return document;
  const isEmpty = ({ Resource }: { Resource?: unknown }) => Array.isArray(Resource) && Resource.length === 0;
  return { ...document, Statement: document.Statement.filter((each) => !isEmpty(each)) };
}
