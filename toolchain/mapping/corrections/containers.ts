import type { TypeCorrection } from "../match.ts";

/** Containers: ECS and its scaling, service discovery. */
export const containers: Record<string, TypeCorrection> = {
  "aws:ecs/cluster:Cluster": {
    properties: {
      settings: "ClusterSettings",
      configuration: {
        to: "Configuration",
        properties: {
          executeCommandConfiguration: {
            to: "ExecuteCommandConfiguration",
            properties: {
              logConfiguration: {
                to: "LogConfiguration",
                properties: { s3BucketEncryptionEnabled: "S3EncryptionEnabled" },
              },
            },
          },
        },
      },
    },
    outputs: { id: "Arn", name: "Ref" },
  },
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    type: "AWS::ECS::ClusterCapacityProviderAssociations",
    properties: {
      clusterName: "Cluster",
      defaultCapacityProviderStrategies: "DefaultCapacityProviderStrategy",
    },
    outputs: { id: "Ref" },
  },
  "aws:ecs/service:Service": {
    properties: {
      alarms: "DeploymentConfiguration.Alarms",
      capacityProviderStrategies: "CapacityProviderStrategy",
      deploymentCircuitBreaker: "DeploymentConfiguration.DeploymentCircuitBreaker",
      deploymentMaximumPercent: "DeploymentConfiguration.MaximumPercent",
      deploymentMinimumHealthyPercent: "DeploymentConfiguration.MinimumHealthyPercent",
      iamRole: "Role",
      name: "ServiceName",
      networkConfiguration: {
        to: "NetworkConfiguration.AwsvpcConfiguration",
        properties: {
          assignPublicIp: { to: "AssignPublicIp", values: { true: "ENABLED", false: "DISABLED" } },
        },
      },
      orderedPlacementStrategies: "PlacementStrategies",
      forceNewDeployment: "ForceNewDeployment.EnableForceNewDeployment",
    },
    outputs: { id: "Ref", arn: "Ref" },
    omitted: {
      waitForSteadyState: "CloudFormation always waits until the service is steady",
      forceDelete: "is about how Pulumi deletes",
      sigintRollback: "is about how Pulumi is interrupted",
      triggers: "is about when Pulumi deploys anew",
    },
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    properties: {
      containerDefinitions: { to: "ContainerDefinitions", as: "json", mirrored: true },
      volumes: {
        to: "Volumes",
        properties: {
          configureAtLaunch: "ConfiguredAtLaunch",
          hostPath: "Host.SourcePath",
        },
      },
    },
    outputs: { arn: "Ref", id: "Ref" },
    omitted: {
      skipDestroy:
        "CloudFormation keeps no revision; its deletion policy is told by the option retainOnDelete",
      trackLatest: "is about how Pulumi reads",
    },
  },
  "aws:appautoscaling/policy:Policy": {
    type: "AWS::ApplicationAutoScaling::ScalingPolicy",
    properties: { name: "PolicyName" },
    outputs: { arn: "Arn" },
  },
  "aws:appautoscaling/target:Target": {
    type: "AWS::ApplicationAutoScaling::ScalableTarget",
  },
  "aws:ecr/repository:Repository": {
    properties: { name: "RepositoryName", forceDelete: "EmptyOnDelete" },
    outputs: { id: "Ref", name: "Ref", arn: "Arn", repositoryUrl: "RepositoryUri" },
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    type: "AWS::ECR::Repository",
    into: "repository",
    properties: { policy: "LifecyclePolicy.LifecyclePolicyText" },
  },
  "aws:servicediscovery/httpNamespace:HttpNamespace": { outputs: { id: "Ref" } },
};
