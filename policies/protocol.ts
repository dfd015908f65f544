import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { z } from "zod";
import { repair } from "./evaluate.ts";
import { askedForBy, frameworks } from "./frameworks.ts";
import { type Level, linkOf, type Props, type Rule, type Severity } from "./rule.ts";
import { schemaOf } from "./settings.ts";

// What the engine and a pack say to each other: pulumi/analyzer.proto.

/** What a pack is called. */
export interface PackNames {
  /** Letters, digits, `-`, `_` and `.`: findings are told by it. */
  name: string;
  version: string;
  displayName?: string;
  description?: string;
}

const levels: Record<Level, messages.EnforcementLevel> = {
  advisory: messages.EnforcementLevel.ADVISORY,
  mandatory: messages.EnforcementLevel.MANDATORY,
  disabled: messages.EnforcementLevel.DISABLED,
  remediate: messages.EnforcementLevel.REMEDIATE,
};

const severities: Record<Severity, messages.PolicySeverity> = {
  low: messages.PolicySeverity.POLICY_SEVERITY_LOW,
  medium: messages.PolicySeverity.POLICY_SEVERITY_MEDIUM,
  high: messages.PolicySeverity.POLICY_SEVERITY_HIGH,
  critical: messages.PolicySeverity.POLICY_SEVERITY_CRITICAL,
};

/** @throws Error for a number that is no level: what is not understood is not let through */
export function levelOf(number: messages.EnforcementLevel): Level {
  const found = Object.entries(levels).find(([, each]) => each === number);
  if (found === undefined) throw new Error(`${number} is no enforcement level`);
  return found[0] as Level;
}

/** What a rule is to the engine. */
export function policyInfo(rule: Rule): messages.PolicyInfo {
  const { properties } = z.toJSONSchema(schemaOf(rule), { io: "input" });
  const info = new messages.PolicyInfo()
    .setName(rule.id)
    .setDescription(rule.title)
    .setPolicyType(
      rule.scope === "stack"
        ? messages.PolicyType.POLICY_TYPE_STACK
        : messages.PolicyType.POLICY_TYPE_RESOURCE,
    )
    .setEnforcementlevel(levels[rule.level])
    .setSeverity(severities[rule.severity])
    .setRemediationSteps(rule.remediation)
    .setUrl(linkOf(rule))
    .setTagsList(askedForBy(rule))
    .setConfigschema(new messages.PolicyConfigSchema().setProperties(structOf(properties)));
  const [key, reference] = rule.frameworks[0]!.split(" ");
  const framework = frameworks[key!];
  if (framework && reference) {
    info.setFramework(
      new messages.PolicyComplianceFramework()
        .setName(framework.name)
        .setVersion(framework.version)
        .setReference(reference)
        .setSpecification(rule.title),
    );
  }
  return info;
}

/** A finding: how bad it is, of what, and why. */
export function diagnosticOf(
  pack: PackNames,
  rule: Rule,
  { level, urn, message }: { level: "advisory" | "mandatory"; urn: string; message: string },
): messages.AnalyzeDiagnostic {
  return new messages.AnalyzeDiagnostic()
    .setPolicyname(rule.id)
    .setPolicypackname(pack.name)
    .setPolicypackversion(pack.version)
    .setDescription(rule.title)
    .setMessage(`${rule.title}\n${message}`)
    .setEnforcementlevel(levels[level])
    .setSeverity(severities[rule.severity])
    .setUrn(urn);
}

// How the engine marks what it wraps: specialSigKey and specialSecretSig of @pulumi/pulumi/runtime/rpc, whose import
// takes 0.2 s, more than the whole start of a pack.
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

function isSecret(value: Props): boolean {
  return value?.[signature] === secret;
}

/** Inputs as rules read them: secrets by their value, and a mark for what is not known. */
export function opened(value: Props): Props {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(opened);
  if (isSecret(value)) return opened(value.value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, opened(inner)]));
}

/** Inputs as the engine gave them with what repairs them; what is secret stays so. */
export function repaired(inputs: Props, patch: Props): Props {
  const set = Object.entries(patch).map(([name, value]) => {
    const given = inputs[name];
    return [
      name,
      isSecret(given) ? repair(given, { value }) : repair({ [name]: given }, { [name]: value })[name],
    ];
  });
  return { ...inputs, ...Object.fromEntries(set) };
}

export function propsOf(struct: structs.Struct | undefined): Props {
  return struct?.toJavaScript() ?? {};
}

export function structOf(value: Props): structs.Struct {
  return structs.Struct.fromJavaScript(value);
}
