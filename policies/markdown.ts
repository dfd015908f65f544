import { z } from "zod";
import { frameworks, nistOf } from "./frameworks.ts";
import nist from "./nist.json" with { type: "json" };
import type { Rule } from "./rule.ts";
import { schemaOf } from "./settings.ts";

/** docs/policies.md: made by `roost policy list --markdown`, compared by a test. */
export function policiesDocument(rules: readonly Rule[]): string {
  const rows = rules.map(
    ({ id, title, severity, level, scope, frameworks: ids }) =>
      `| [${id}](#${id}) | ${title} | ${severity} | ${level} | ${scope} | ${ids.join(", ")} |`,
  );
  return `${[
    "# Policies",
    `The ${rules.length} policies of the pack that comes with Roost. [Policy packs](policy-packs.md) tells how to run, set, except and write them.`,
    [
      "| policy | what holds | severity | level | judges a | asked for by |",
      "| --- | --- | --- | --- | --- | --- |",
      ...rows,
    ].join("\n"),
    `Of frameworks: ${Object.entries(frameworks)
      .map(([key, { name, version }]) => `${key} = ${name} ${version}`)
      .join(
        ", ",
      )}; own: no framework asks for it. Of NIST are told, with each policy, what [AWS's guide to Security Hub](${nist.source}) relates to the controls of the FSBP.`,
    ...rules.map(section),
    "This page is made by `roost policy list --markdown > docs/policies.md`.",
  ].join("\n\n")}\n`;
}

function section(rule: Rule): string {
  const { exceptions: _, ...settings } = schemaOf(rule).shape;
  const lines = Object.entries(settings).map(([name, schema]) => {
    const { description, default: value } = z.toJSONSchema(schema as z.ZodType, { io: "input" });
    const otherwise = value === undefined ? "" : ` Default \`${JSON.stringify(value)}\`.`;
    return `- \`${name}\`: ${description ?? ""}${otherwise}`;
  });
  const requirements = nistOf(rule);
  return [
    `## ${rule.id}`,
    `${rule.title}. To repair: ${rule.remediation}`,
    `Judges ${rule.kinds.map((kind) => `\`${kind}\``).join(", ")}.`,
    ...(requirements.length > 0 ? [`Helps with NIST ${requirements.join(", ")}.`] : []),
    ...(lines.length > 0 ? [`Settings:\n\n${lines.join("\n")}`] : []),
  ].join("\n\n");
}
