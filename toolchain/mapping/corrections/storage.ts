import type { TypeCorrection } from "../match.ts";

const OWNER = { expectedBucketOwner: "is a check of the call alone" };
const transitions = {
  to: "Transitions",
  properties: { date: "TransitionDate", days: "TransitionInDays" },
};
const grouped = {
  prefix: "Prefix",
  objectSizeGreaterThan: "ObjectSizeGreaterThan",
  objectSizeLessThan: "ObjectSizeLessThan",
};

/** A part of a bucket that Pulumi has as a resource of its own and CloudFormation as a property. */
const part = (correction: Omit<TypeCorrection, "type" | "into">): TypeCorrection => ({
  type: "AWS::S3::Bucket",
  into: "bucket",
  ...correction,
  omitted: { ...OWNER, ...correction.omitted },
});

/** Buckets, databases. */
export const storage: Record<string, TypeCorrection> = {
  "aws:s3/bucket:Bucket": {
    properties: { bucket: "BucketName" },
    outputs: {
      id: "Ref",
      bucket: "Ref",
      arn: "Arn",
      bucketDomainName: "DomainName",
      bucketRegionalDomainName: "RegionalDomainName",
    },
    omitted: {
      forceDestroy: "CloudFormation deletes empty buckets only",
      bucketPrefix: "CloudFormation makes names up from the stack's and the resource's",
    },
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": part({
    properties: {
      rules: {
        to: "LifecycleConfiguration.Rules",
        properties: {
          expiration: {
            to: "",
            properties: {
              date: "ExpirationDate",
              days: "ExpirationInDays",
              expiredObjectDeleteMarker: "ExpiredObjectDeleteMarker",
            },
          },
          filter: {
            to: "",
            properties: {
              ...grouped,
              and: { to: "", properties: { ...grouped, tags: { to: "TagFilters", as: "tags" } } },
              tag: { to: "TagFilters.+", properties: { key: "Key", value: "Value" } },
            },
          },
          noncurrentVersionTransitions: {
            to: "NoncurrentVersionTransitions",
            properties: { noncurrentDays: "TransitionInDays" },
          },
          transitions,
        },
      },
      transitionDefaultMinimumObjectSize: "LifecycleConfiguration.TransitionDefaultMinimumObjectSize",
    },
    omitted: { timeouts: "is about how long Pulumi waits" },
  }),
  "aws:s3/bucketLogging:BucketLogging": part({
    properties: {
      targetBucket: "LoggingConfiguration.DestinationBucketName",
      targetObjectKeyFormat: "LoggingConfiguration.TargetObjectKeyFormat",
      targetPrefix: "LoggingConfiguration.LogFilePrefix",
    },
  }),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
    type: "AWS::S3::Bucket",
    into: "bucket",
    properties: { rule: "OwnershipControls.Rules" },
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    type: "AWS::S3::Bucket",
    into: "bucket",
    properties: {
      blockPublicAcls: "PublicAccessBlockConfiguration.BlockPublicAcls",
      blockPublicPolicy: "PublicAccessBlockConfiguration.BlockPublicPolicy",
      ignorePublicAcls: "PublicAccessBlockConfiguration.IgnorePublicAcls",
      restrictPublicBuckets: "PublicAccessBlockConfiguration.RestrictPublicBuckets",
    },
    omitted: { skipDestroy: "is about how Pulumi deletes" },
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": part({
    properties: {
      rules: {
        to: "BucketEncryption.ServerSideEncryptionConfiguration",
        properties: {
          applyServerSideEncryptionByDefault: {
            to: "ServerSideEncryptionByDefault",
            properties: { kmsMasterKeyId: "KMSMasterKeyID" },
          },
          blockedEncryptionTypes: "BlockedEncryptionTypes.EncryptionType",
        },
      },
    },
  }),
  "aws:s3/bucketVersioning:BucketVersioning": part({
    properties: {
      versioningConfiguration: {
        to: "VersioningConfiguration",
        omitted: { mfaDelete: "CloudFormation cannot set it" },
        properties: {},
      },
    },
    omitted: { mfa: "CloudFormation cannot set it" },
  }),
  "aws:s3/bucketMetric:BucketMetric": {
    type: "AWS::S3::Bucket",
    into: "bucket",
    under: "MetricsConfigurations.+",
    properties: {
      name: "Id",
      filter: {
        to: "",
        properties: {
          accessPoint: "AccessPointArn",
          prefix: "Prefix",
          tags: { to: "TagFilters", as: "tags" },
        },
      },
    },
    defaults: { Id: "{name}" },
  },
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": {
    type: "AWS::S3::Bucket",
    into: "bucket",
    properties: {
      role: "ReplicationConfiguration.Role",
      rules: {
        to: "ReplicationConfiguration.Rules",
        properties: {
          destination: {
            to: "Destination",
            properties: {
              encryptionConfiguration: {
                to: "EncryptionConfiguration",
                properties: { replicaKmsKeyId: "ReplicaKmsKeyID" },
              },
            },
          },
        },
      },
    },
    omitted: { token: "is for the call alone" },
  },
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": part({
    properties: {
      objectLockEnabled: "ObjectLockConfiguration.ObjectLockEnabled",
      rule: "ObjectLockConfiguration.Rule",
    },
    omitted: { token: "is for the call alone" },
  }),
  "aws:s3/bucketPolicy:BucketPolicy": {
    properties: { policy: "PolicyDocument" },
    outputs: { id: "Ref" },
  },
  "aws:efs/fileSystem:FileSystem": {
    properties: { tags: { to: "FileSystemTags", as: "tags" }, lifecyclePolicies: "LifecyclePolicies" },
    outputs: { id: "Ref", arn: "Arn" },
    omitted: { creationToken: "is made up by CloudFormation" },
  },
  "aws:efs/accessPoint:AccessPoint": {
    properties: { tags: { to: "AccessPointTags", as: "tags" } },
    outputs: { id: "Ref", arn: "Arn" },
  },
  "aws:efs/backupPolicy:BackupPolicy": {
    type: "AWS::EFS::FileSystem",
    into: "fileSystemId",
    properties: { backupPolicy: "BackupPolicy" },
  },
  "aws:efs/fileSystemPolicy:FileSystemPolicy": {
    type: "AWS::EFS::FileSystem",
    into: "fileSystemId",
    properties: {
      policy: "FileSystemPolicy",
      bypassPolicyLockoutSafetyCheck: "BypassPolicyLockoutSafetyCheck",
    },
  },
  "aws:efs/mountTarget:MountTarget": { outputs: { id: "Ref" } },
  "aws:rds/instance:Instance": {
    type: "AWS::RDS::DBInstance",
    properties: {
      backupWindow: "PreferredBackupWindow",
      caCertIdentifier: "CACertificateIdentifier",
      enabledCloudwatchLogsExports: "EnableCloudwatchLogsExports",
      iamDatabaseAuthenticationEnabled: "EnableIAMDatabaseAuthentication",
      identifier: "DBInstanceIdentifier",
      instanceClass: "DBInstanceClass",
      maintenanceWindow: "PreferredMaintenanceWindow",
      masterUserSecretKmsKeyId: "MasterUserSecret.KmsKeyId",
      parameterGroupName: "DBParameterGroupName",
      password: "MasterUserPassword",
      performanceInsightsEnabled: "EnablePerformanceInsights",
      replicateSourceDb: "SourceDBInstanceIdentifier",
      snapshotIdentifier: "DBSnapshotIdentifier",
      username: "MasterUsername",
      vpcSecurityGroupIds: "VPCSecurityGroups",
    },
    outputs: {
      id: "DbiResourceId",
      identifier: "Ref",
      arn: "DBInstanceArn",
      address: "Endpoint.Address",
      endpoint: { sub: `\${Self.Endpoint.Address}:\${Self.Endpoint.Port}` },
      port: "Endpoint.Port",
      resourceId: "DbiResourceId",
      masterUserSecrets: "MasterUserSecret.SecretArn",
    },
    omitted: {
      finalSnapshotIdentifier: "CloudFormation names final snapshots itself",
      skipFinalSnapshot: "CloudFormation takes a final snapshot unless its deletion policy says otherwise",
      blueGreenUpdate: "is about how Pulumi updates",
      identifierPrefix: "CloudFormation makes names up from the stack's and the resource's",
    },
  },
  "aws:rds/parameterGroup:ParameterGroup": {
    type: "AWS::RDS::DBParameterGroup",
    properties: {
      name: "DBParameterGroupName",
      parameters: {
        to: "Parameters",
        as: "entries",
        omitted: { applyMethod: "CloudFormation applies each parameter as soon as it can be" },
      },
    },
    defaults: { Description: "{name}" },
    outputs: { id: "Ref", name: "Ref", arn: "DBParameterGroupArn" },
    omitted: {
      namePrefix: "CloudFormation makes names up from the stack's and the resource's",
      skipDestroy: "is about how Pulumi deletes",
    },
  },
  "aws:rds/subnetGroup:SubnetGroup": {
    type: "AWS::RDS::DBSubnetGroup",
    properties: { description: "DBSubnetGroupDescription", name: "DBSubnetGroupName" },
    defaults: { DBSubnetGroupDescription: "{name}" },
    outputs: { id: "Ref", name: "Ref", arn: "DBSubnetGroupArn" },
    omitted: { namePrefix: "CloudFormation makes names up from the stack's and the resource's" },
  },
};
