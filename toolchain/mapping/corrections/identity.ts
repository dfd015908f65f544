import type { TypeCorrection } from "../match.ts";

const DETACH = { forceDetachPolicies: "is about how Pulumi deletes" };

/** Who may do what. */
export const identity: Record<string, TypeCorrection> = {
  "aws:iam/role:Role": {
    properties: {
      assumeRolePolicy: "AssumeRolePolicyDocument",
      inlinePolicies: { to: "Policies", properties: { name: "PolicyName", policy: "PolicyDocument" } },
      name: "RoleName",
    },
    outputs: { id: "Ref", name: "Ref", arn: "Arn", uniqueId: "RoleId" },
    omitted: DETACH,
  },
  "aws:iam/rolePolicy:RolePolicy": {
    properties: { name: "PolicyName", policy: "PolicyDocument", role: "RoleName" },
    defaults: { PolicyName: "{name}" },
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    type: "AWS::IAM::Role",
    into: "role",
    properties: { policyArn: { to: "ManagedPolicyArns.+", as: "text" } },
  },
  "aws:iam/policy:Policy": {
    type: "AWS::IAM::ManagedPolicy",
    properties: { policy: "PolicyDocument", name: "ManagedPolicyName" },
    outputs: { id: "Ref", arn: "Ref" },
    omitted: {
      tags: "CloudFormation's type has no tags",
      delayAfterPolicyCreationInMs: "is about how long Pulumi waits",
    },
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    properties: { role: "Roles.+", name: "InstanceProfileName" },
    outputs: { id: "Ref", name: "Ref", arn: "Arn" },
    omitted: { tags: "CloudFormation's type has no tags" },
  },
  "aws:kms/key:Key": {
    properties: {
      deletionWindowInDays: "PendingWindowInDays",
      isEnabled: "Enabled",
      customerMasterKeySpec: "KeySpec",
      policy: "KeyPolicy",
    },
    outputs: { id: "Ref", keyId: "Ref", arn: "Arn" },
    omitted: { bypassPolicyLockoutSafetyCheck: "is a check of the call alone" },
  },
  "aws:kms/alias:Alias": {
    properties: { name: "AliasName", targetKeyId: "TargetKeyId" },
    outputs: { id: "Ref", name: "Ref" },
  },
  "aws:secretsmanager/secret:Secret": {
    outputs: { id: "Ref", arn: "Ref" },
    omitted: {
      recoveryWindowInDays: "CloudFormation always keeps deleted secrets for its own time",
      forceOverwriteReplicaSecret: "is about replicas that exist already",
    },
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    type: "AWS::SecretsManager::Secret",
    into: "secretId",
    properties: { secretString: "SecretString" },
  },
};
