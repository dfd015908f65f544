import type { Props } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { isOn } from "../../values.ts";

/** Where each kind that starts tasks says whether they get a public address. */
const places: Record<string, (props: Props) => [path: string, value: Props]> = {
  "aws:ecs/Service": (props) => ["networkConfiguration", props.networkConfiguration],
  "aws:ecs/TaskSet": (props) => ["networkConfiguration", props.networkConfiguration],
  "aws:cloudwatch/EventTarget": (props) => [
    "ecsTarget.networkConfiguration",
    props.ecsTarget?.networkConfiguration,
  ],
  "aws:scheduler/Schedule": (props) => [
    "target.ecsParameters.networkConfiguration",
    props.target?.ecsParameters?.networkConfiguration,
  ],
  "aws:pipes/Pipe": (props) => [
    "targetParameters.ecsTaskParameters.networkConfiguration.awsVpcConfiguration",
    props.targetParameters?.ecsTaskParameters?.networkConfiguration?.awsVpcConfiguration,
  ],
};

export const ecsNoPublicIp = resourceRule({
  id: "ecs-no-public-ip",
  title: "Tasks get no public address",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP ECS.2", "CT CT.ECS.PR.9", "CKV CKV_AWS_333"],
  remediation: "Leave assignPublicIp off, put tasks into private subnets and reach them by a load balancer.",
  kinds: Object.keys(places),
  check({ kind, props }, { found }) {
    const [path, network] = places[kind]!(props);
    // EventBridge writes the switch as ECS's API does.
    if (isOn(network?.assignPublicIp) || network?.assignPublicIp === "ENABLED") {
      found("gives its tasks public addresses", `${path}.assignPublicIp`);
    }
  },
});
