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
      if (typeof text === "string" && said(parseJson(text, input)) !== said(beside[input])) {
        found(`says something else in ${input} than the document beside it`, input);
      }
    }
  },
});

/** One text for all that means the same: order of names, and statements of nothing, do not count. */
function said(document: Props): string {
  const isPolicy = Array.isArray(document?.Statement);
  const statements = isPolicy && document.Statement.filter((each: Props) => !isEmpty(each.Resource));
  return JSON.stringify(sorted(isPolicy ? { ...document, Statement: statements } : document));
}

function isEmpty(resource: Props): boolean {
  return resource !== undefined && list(resource).length === 0;
}

function sorted(value: Props): Props {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}
