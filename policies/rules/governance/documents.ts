import type { Props } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { parseJson } from "../../statements.ts";
import { list } from "../../values.ts";

export const declaredDocuments = resourceRule({
  id: "declared-documents",
  title: "What is said of a JSON text beside its resource is what the text says",
  severity: "high",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Make the text and the Document component from one value, as components/document.ts does, or leave the component out.",
  kinds: [
    "aws:ecs/TaskDefinition",
    "aws:iam/Policy",
    "aws:iam/RolePolicy",
    "aws:iam/UserPolicy",
    "aws:iam/GroupPolicy",
    "aws:iam/Role",
    "aws:s3/Bucket",
    "aws:s3/BucketPolicy",
    "aws:kms/Key",
    "aws:kms/KeyPolicy",
  ],
  check({ props, beside = {} }, { found }) {
    for (const input of Object.keys(beside)) {
      const text = props[input];
      // What is no text is what was said itself: the text is not known yet.
      if (typeof text === "string" && !isSame(said(parseJson(text, input)), said(beside[input]))) {
        found(`says something else in ${input} than the document beside it`, input);
      }
    }
  },
});

/** What a document says without statements of nothing, which the text leaves out. */
function said(document: Props): Props {
  if (!Array.isArray(document?.Statement)) return document;
  return { ...document, Statement: document.Statement.filter((each: Props) => !isEmpty(each.Resource)) };
}

function isEmpty(resource: Props): boolean {
  return resource !== undefined && list(resource).length === 0;
}

/** Whether two values mean the same: the order of names does not count. */
function isSame(one: Props, other: Props): boolean {
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return one === other;
  const names = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(other).length &&
    names.every((name) => isSame(one[name], other[name]))
  );
}
