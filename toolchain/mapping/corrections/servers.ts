import type { TypeCorrection } from "../match.ts";

/** Machines of one's own. */
export const servers: Record<string, TypeCorrection> = {
  "aws:ec2/instance:Instance": {
    properties: {
      ami: "ImageId",
      hibernation: "HibernationOptions.Configured",
      launchTemplate: {
        to: "LaunchTemplate",
        properties: { id: "LaunchTemplateId", name: "LaunchTemplateName" },
      },
      placementGroup: "PlacementGroupName",
      privateIp: "PrivateIpAddress",
      userDataBase64: "UserData",
      volumeTags: {
        to: "PropagateTagsToVolumeOnCreation",
        values: { "*": true },
      },
      vpcSecurityGroupIds: "SecurityGroupIds",
    },
    outputs: {
      id: "Ref",
      privateIp: "PrivateIp",
      publicIp: "PublicIp",
      publicDns: "PublicDnsName",
      privateDns: "PrivateDnsName",
    },
    omitted: {
      maintenanceOptions:
        "CloudFormation's type has no maintenance options; recovery is on unless it is turned off",
      userDataReplaceOnChange: "is about when Pulumi replaces",
      getPasswordData: "is about how Pulumi reads",
      forceDestroy: "is about how Pulumi deletes",
    },
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    within: "LaunchTemplateData",
    properties: {
      description: "VersionDescription",
      name: "LaunchTemplateName",
      tags: {
        to: "TagSpecifications.0.Tags",
        as: "tags",
        beside: { "TagSpecifications.0.ResourceType": "launch-template" },
      },
      networkInterfaces: {
        to: "LaunchTemplateData.NetworkInterfaces",
        properties: { securityGroups: "Groups", ipv4AddressCount: "SecondaryPrivateIpAddressCount" },
      },
      vpcSecurityGroupIds: "LaunchTemplateData.SecurityGroupIds",
      securityGroupNames: "LaunchTemplateData.SecurityGroups",
    },
    outputs: { id: "Ref", latestVersion: "LatestVersionNumber", defaultVersion: "DefaultVersionNumber" },
    omitted: {
      namePrefix: "CloudFormation makes names up from the stack's and the resource's",
      updateDefaultVersion: "CloudFormation makes the newest version the default",
    },
  },
};
