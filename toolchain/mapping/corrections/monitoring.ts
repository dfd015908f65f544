import type { TypeCorrection } from "../match.ts";

const NAMED = "CloudFormation makes names up from the stack's and the resource's";

/** Logs, alarms, messages. */
export const monitoring: Record<string, TypeCorrection> = {
  "aws:amp/alertManagerDefinition:AlertManagerDefinition": {
    type: "AWS::APS::Workspace",
    into: "workspaceId",
    properties: { definition: "AlertManagerDefinition" },
  },
  "aws:amp/ruleGroupNamespace:RuleGroupNamespace": {
    type: "AWS::APS::RuleGroupsNamespace",
    properties: { workspaceId: "Workspace" },
    outputs: { arn: "Arn", id: "Ref" },
  },
  "aws:amp/workspace:Workspace": {
    type: "AWS::APS::Workspace",
    outputs: { id: "WorkspaceId", arn: "Arn", prometheusEndpoint: "PrometheusEndpoint" },
  },
  "aws:cloudwatch/eventRule:EventRule": {
    type: "AWS::Events::Rule",
    outputs: { arn: "Arn", id: "RuleName", name: "RuleName" },
    omitted: { namePrefix: NAMED, forceDestroy: "is about how Pulumi deletes" },
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    type: "AWS::Events::Rule",
    into: "rule",
    under: "Targets.+",
    properties: { targetId: "Id" },
    defaults: { Id: "{name}" },
    omitted: { forceDestroy: "is about how Pulumi deletes" },
  },
  "aws:cloudwatch/logDelivery:LogDelivery": {
    type: "AWS::Logs::Delivery",
    outputs: { arn: "Arn", id: "Ref" },
  },
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": {
    type: "AWS::Logs::DeliveryDestination",
    properties: {
      deliveryDestinationConfiguration: {
        to: "",
        properties: { destinationResourceArn: "DestinationResourceArn" },
      },
    },
    outputs: { arn: "Arn", name: "Ref" },
  },
  "aws:cloudwatch/logDeliverySource:LogDeliverySource": {
    type: "AWS::Logs::DeliverySource",
    outputs: { arn: "Arn", name: "Ref" },
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    type: "AWS::Logs::LogGroup",
    properties: { name: "LogGroupName" },
    outputs: {
      id: "Ref",
      name: "Ref",
      // CloudFormation's attribute ends with ":*", Pulumi's output does not.
      arn: { sub: `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${Self}` },
    },
    omitted: { namePrefix: NAMED, skipDestroy: "the option retainOnDelete is told as a deletion policy" },
  },
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": {
    type: "AWS::Logs::MetricFilter",
    properties: {
      metricTransformation: {
        to: "MetricTransformations",
        properties: { name: "MetricName", namespace: "MetricNamespace", value: "MetricValue" },
      },
      name: "FilterName",
      pattern: "FilterPattern",
    },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    type: "AWS::CloudWatch::Alarm",
    properties: {
      dimensions: { to: "Dimensions", as: "names" },
      evaluateLowSampleCountPercentiles: "EvaluateLowSampleCountPercentile",
      metricQueries: {
        to: "Metrics",
        properties: {
          metric: {
            to: "MetricStat",
            properties: {
              dimensions: { to: "Metric.Dimensions", as: "names" },
              metricName: "Metric.MetricName",
              namespace: "Metric.Namespace",
            },
          },
        },
      },
      name: "AlarmName",
    },
    outputs: { arn: "Arn", id: "Ref", name: "Ref" },
  },
  "aws:sns/topic:Topic": {
    properties: { name: "TopicName" },
    outputs: { id: "Ref", arn: "Ref", name: "TopicName" },
    omitted: { namePrefix: NAMED },
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    properties: { arn: "Topics.+", policy: "PolicyDocument" },
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    type: "AWS::SNS::Subscription",
    properties: { topic: "TopicArn" },
    outputs: { arn: "Ref", id: "Ref" },
    omitted: {
      confirmationTimeoutInMinutes: "is about how long Pulumi waits",
      endpointAutoConfirms: "is about how long Pulumi waits",
    },
  },
};
