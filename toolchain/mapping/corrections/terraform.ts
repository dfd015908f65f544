import type { TypeCorrection } from "../match.ts";

/** Where Pulumi calls a type of Terraform's otherwise than by module and name, or an input otherwise than Terraform. */
export const TERRAFORM_CORRECTIONS: Record<string, TypeCorrection> = {
  "aws:lb/loadBalancer:LoadBalancer": { type: "aws_lb" },
  "aws:rds/instance:Instance": {
    type: "aws_db_instance",
    outputs: { masterUserSecrets: "master_user_secret" },
  },
  "aws:rds/parameterGroup:ParameterGroup": { type: "aws_db_parameter_group" },
  "aws:rds/subnetGroup:SubnetGroup": { type: "aws_db_subnet_group" },
  "aws:servicediscovery/httpNamespace:HttpNamespace": { type: "aws_service_discovery_http_namespace" },
  "aws:sns/topicSubscription:TopicSubscription": { properties: { topic: "topic_arn" } },
  "aws:cloudwatch/metricAlarm:MetricAlarm": { type: "aws_cloudwatch_metric_alarm" },
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": {
    type: "aws_s3_bucket_replication_configuration",
  },
  "aws:wafv2/webAcl:WebAcl": {
    properties: {
      // The package leaves statements out, which contain each other.
      rules: { to: "rule", properties: { statement: { to: "statement", snaked: true } } },
    },
  },
  "aws:amp/workspace:Workspace": { type: "aws_prometheus_workspace" },
  "aws:amp/alertManagerDefinition:AlertManagerDefinition": {
    type: "aws_prometheus_alert_manager_definition",
  },
  "aws:amp/ruleGroupNamespace:RuleGroupNamespace": { type: "aws_prometheus_rule_group_namespace" },
};
