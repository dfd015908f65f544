import type { TypeCorrection } from "../match.ts";

const rule = (peer: string, prefixList: string): TypeCorrection => ({
  properties: {
    cidrIpv4: "CidrIp",
    referencedSecurityGroupId: peer,
    prefixListId: prefixList,
    securityGroupId: "GroupId",
  },
  outputs: { id: "Ref" },
  omitted: { tags: "CloudFormation's type has no tags" },
});

/** Networks and who may talk to whom in them. */
export const network: Record<string, TypeCorrection> = {
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    why: "CloudFormation cannot take over a default security group; the VPC keeps the one that AWS makes",
  },
  "aws:ec2/eip:Eip": {
    properties: {
      instance: "InstanceId",
      networkInterface: {
        to: "",
        also: {
          type: "AWS::EC2::EIPAssociation",
          value: "NetworkInterfaceId",
          self: "AllocationId",
          output: "AllocationId",
        },
      },
    },
    outputs: { id: "AllocationId", allocationId: "AllocationId", publicIp: "PublicIp" },
  },
  "aws:ec2/flowLog:FlowLog": {
    properties: {
      iamRoleArn: "DeliverLogsPermissionArn",
      eniId: { to: "ResourceId", beside: { ResourceType: "NetworkInterface" } },
      subnetId: { to: "ResourceId", beside: { ResourceType: "Subnet" } },
      transitGatewayId: { to: "ResourceId", beside: { ResourceType: "TransitGateway" } },
      transitGatewayAttachmentId: { to: "ResourceId", beside: { ResourceType: "TransitGatewayAttachment" } },
      vpcId: { to: "ResourceId", beside: { ResourceType: "VPC" } },
    },
    outputs: { id: "Ref" },
  },
  "aws:ec2/internetGateway:InternetGateway": {
    properties: {
      vpcId: {
        to: "",
        also: {
          type: "AWS::EC2::VPCGatewayAttachment",
          value: "VpcId",
          self: "InternetGatewayId",
          output: "Ref",
        },
      },
    },
    outputs: { id: "Ref" },
  },
  "aws:ec2/networkInterface:NetworkInterface": {
    properties: { securityGroups: "GroupSet", privateIp: "PrivateIpAddress" },
    outputs: { id: "Ref", privateIp: "PrimaryPrivateIpAddress" },
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    type: "AWS::EC2::SubnetRouteTableAssociation",
    outputs: { id: "Ref" },
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    properties: { description: "GroupDescription", name: "GroupName" },
    outputs: { id: "GroupId" },
    omitted: {
      namePrefix: "CloudFormation makes names up from the stack's and the resource's",
      revokeRulesOnDelete: "is about how Pulumi deletes",
    },
    defaults: {
      GroupDescription: "{name}",
      // Without one CloudFormation leaves AWS's own rule, which lets everything out and which Pulumi takes away.
      // This one matches nothing; rules of their own add to it.
      SecurityGroupEgress: [
        {
          CidrIp: "255.255.255.255/32",
          Description: "Nothing",
          FromPort: 252,
          IpProtocol: "icmp",
          ToPort: 86,
        },
      ],
    },
  },
  "aws:ec2/vpc:Vpc": {
    outputs: {
      id: "Ref",
      cidrBlock: "CidrBlock",
      defaultSecurityGroupId: "DefaultSecurityGroup",
      defaultNetworkAclId: "DefaultNetworkAcl",
    },
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    properties: { policy: "PolicyDocument" },
    outputs: { id: "Ref" },
    omitted: { autoAccept: "is about endpoint services of the same account" },
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    type: "AWS::EC2::SecurityGroupEgress",
    ...rule("DestinationSecurityGroupId", "DestinationPrefixListId"),
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    type: "AWS::EC2::SecurityGroupIngress",
    ...rule("SourceSecurityGroupId", "SourcePrefixListId"),
  },
};
