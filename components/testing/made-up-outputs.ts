// What a recorded resource answers for properties that a cloud would fill in.

/** Account and usual region of made-up ARNs (the account number that AWS reserves for documentation). */
const ACCOUNT = "111122223333";
const REGION = "eu-west-1";

type Inputs = Record<string, unknown>;

const STRUCTURED: Record<string, (name: string, inputs: Inputs) => Record<string, unknown>> = {
  "aws:acm/certificate:Certificate": (name, inputs) => ({
    domainValidationOptions: [inputs.domainName, ...((inputs.subjectAlternativeNames as string[]) ?? [])].map(
      (domainName) => ({
        domainName,
        resourceRecordName: `_check.${domainName}`,
        resourceRecordType: "CNAME",
        resourceRecordValue: `${name}.acm-validations.aws`,
      }),
    ),
  }),
  "azure-native:cdn:AFDCustomDomain": (name) => ({
    validationProperties: { validationToken: `${name}.validationToken`, expirationDate: "2030-01-01" },
  }),
  "azure-native:storage:StorageAccount": (_, { accountName }) => ({
    primaryEndpoints: { blob: `https://${accountName}.blob.core.windows.net/` },
  }),
  "aws:ec2/vpc:Vpc": () => ({ ipv6CidrBlock: "2001:db8:1234:1a00::/56" }),
  "aws:rds/instance:Instance": (name) => ({
    masterUserSecrets: [
      { secretArn: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:rds-${name}`, secretStatus: "active" },
    ],
    port: 5432,
  }),
};

/** Outputs with a structure that components look into. */
export function structuredOutputs(type: string, name: string, inputs: Inputs): Record<string, unknown> {
  return STRUCTURED[type]?.(name, inputs) ?? {};
}

/**
 * What a recorded resource answers beside its inputs: a made-up value for each property in `missing` that it was
 * not given. An ARN looks like one; everything else is the text `name.property`, so that a graph shows where a value
 * comes from.
 */
export function madeUpOutputs(
  type: string,
  name: string,
  inputs: Inputs,
  missing: Iterable<string>,
): Record<string, unknown> {
  const outputs: Record<string, unknown> = {};
  for (const property of missing) {
    outputs[property] = /^arn$|Arn$/.test(property) ? arn(type, name, inputs.region) : `${name}.${property}`;
  }
  Object.assign(outputs, structuredOutputs(type, name, inputs));
  for (const given of Object.keys(inputs)) delete outputs[given];
  return outputs;
}

/**
 * `aws:ecs/taskDefinition:TaskDefinition` → `arn:aws:ecs:eu-west-1:111122223333:taskDefinition/NAME`; in the
 * resource's own region where it names one.
 */
function arn(type: string, name: string, region: unknown): string {
  const [, module = "", kind = ""] = /^aws:([^/:]+)\/?([^:]*)/.exec(type) ?? [];
  return `arn:aws:${module}:${typeof region === "string" ? region : REGION}:${ACCOUNT}:${kind}/${name}`;
}
