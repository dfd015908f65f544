import { stackRule } from "../../rule.ts";

/** Services that are asked often or carry much, by resources that tell that a stack uses them. */
const used: [service: string, kind: string][] = [
  ["s3", "aws:s3/Bucket"],
  ["dynamodb", "aws:dynamodb/Table"],
];

export const vpcEndpoints = stackRule({
  id: "vpc-endpoints",
  title: "What tasks say to services of the same region does not go through the internet",
  severity: "medium",
  level: "advisory",
  frameworks: ["FSBP EC2.10", "CIS-AWS 6.8"],
  remediation: "Add gateway endpoints, which cost nothing, for S3 and DynamoDB where the stack uses them.",
  kinds: ["aws:ec2/Vpc"],
  check(vpc, { found, stack }) {
    // Images come from S3 as well.
    const usesImages = stack.of("aws:ecs/TaskDefinition").length > 0;
    const there = stack
      .pointingAt(vpc, "aws:ec2/VpcEndpoint", "vpcId")
      .map(({ props }) => String(props.serviceName));
    for (const [service, kind] of used) {
      const isUsed = stack.of(kind).length > 0 || (service === "s3" && usesImages);
      if (isUsed && !there.some((name) => name.endsWith(`.${service}`)))
        found(`has no endpoint for ${service}`);
    }
  },
});
