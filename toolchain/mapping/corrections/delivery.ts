import type { FieldCorrections, TypeCorrection } from "../match.ts";

const functionAssociations = {
  to: "FunctionAssociations",
  properties: { functionArn: "FunctionARN" },
};
const lambdaFunctionAssociations = {
  to: "LambdaFunctionAssociations",
  properties: { lambdaArn: "LambdaFunctionARN" },
};
const behaviour: FieldCorrections = { functionAssociations, lambdaFunctionAssociations };

/** What stands before servers: CloudFront, certificates, names, the firewall. */
export const delivery: Record<string, TypeCorrection> = {
  "aws:acm/certificate:Certificate": {
    properties: {
      options: {
        to: "",
        properties: {
          certificateTransparencyLoggingPreference: "CertificateTransparencyLoggingPreference",
          export: "CertificateExport",
        },
      },
      validationOptions: "DomainValidationOptions",
    },
    outputs: { id: "Ref", arn: "Ref" },
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    why: "CloudFormation proves certificates itself: their DomainValidationOptions name the zone",
  },
  "aws:cloudfront/distribution:Distribution": {
    within: "DistributionConfig",
    properties: {
      defaultCacheBehavior: { to: "DistributionConfig.DefaultCacheBehavior", properties: behaviour },
      isIpv6Enabled: "DistributionConfig.IPV6Enabled",
      loggingConfig: "DistributionConfig.Logging",
      orderedCacheBehaviors: { to: "DistributionConfig.CacheBehaviors", properties: behaviour },
      originGroups: {
        to: "DistributionConfig.OriginGroups",
        as: "counted",
        properties: {
          originId: "Id",
          failoverCriteria: {
            to: "FailoverCriteria",
            properties: { statusCodes: { to: "StatusCodes", as: "counted" } },
          },
          members: { to: "Members", as: "counted", properties: { originId: "OriginId" } },
        },
      },
      origins: {
        to: "DistributionConfig.Origins",
        properties: {
          originId: "Id",
          customHeaders: {
            to: "OriginCustomHeaders",
            properties: { name: "HeaderName", value: "HeaderValue" },
          },
        },
      },
      viewerCertificate: {
        to: "DistributionConfig.ViewerCertificate",
        properties: { cloudfrontDefaultCertificate: "CloudFrontDefaultCertificate" },
      },
    },
    outputs: {
      id: "Ref",
      arn: { sub: `arn:\${AWS::Partition}:cloudfront::\${AWS::AccountId}:distribution/\${Self}` },
      // The one zone of all distributions: documented for Route 53's AliasTarget.
      hostedZoneId: { value: "Z2FDTNDATAQYW2" },
    },
    omitted: {
      retainOnDelete: "is about how Pulumi deletes; the option retainOnDelete is told as a deletion policy",
      waitForDeployment: "CloudFormation always waits",
    },
  },
  "aws:cloudfront/function:Function": {
    properties: {
      code: "FunctionCode",
      comment: "FunctionConfig.Comment",
      publish: "AutoPublish",
      runtime: "FunctionConfig.Runtime",
    },
    defaults: { "FunctionConfig.Comment": "" },
    outputs: { arn: "FunctionARN", id: "Ref" },
  },
  "aws:cloudfront/originAccessControl:OriginAccessControl": {
    within: "OriginAccessControlConfig",
    defaults: { "OriginAccessControlConfig.Name": "{name}" },
  },
  "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": {
    within: "ResponseHeadersPolicyConfig",
    defaults: { "ResponseHeadersPolicyConfig.Name": "{name}" },
  },
  "aws:cloudfront/vpcOrigin:VpcOrigin": {
    properties: {
      vpcOriginEndpointConfig: {
        to: "VpcOriginEndpointConfig",
        properties: {
          originSslProtocols: {
            to: "",
            properties: { items: "OriginSSLProtocols" },
            omitted: { quantity: "is the length of the list" },
          },
        },
      },
    },
    omitted: { timeouts: "is about how long Pulumi waits" },
  },
  "aws:route53/record:Record": {
    type: "AWS::Route53::RecordSet",
    properties: {
      aliases: { to: "AliasTarget", properties: { name: "DNSName", zoneId: "HostedZoneId" } },
      cidrRoutingPolicy: "CidrRoutingConfig",
      failoverRoutingPolicies: { to: "", properties: { type: "Failover" } },
      geolocationRoutingPolicies: {
        to: "GeoLocation",
        properties: { continent: "ContinentCode", country: "CountryCode", subdivision: "SubdivisionCode" },
      },
      latencyRoutingPolicies: { to: "", properties: { region: "Region" } },
      multivalueAnswerRoutingPolicy: "MultiValueAnswer",
      records: "ResourceRecords",
      weightedRoutingPolicies: { to: "", properties: { weight: "Weight" } },
      zoneId: "HostedZoneId",
    },
    outputs: { fqdn: "Ref", name: "Ref" },
    omitted: { allowOverwrite: "is about records that exist already" },
  },
  "aws:route53/zone:Zone": {
    type: "AWS::Route53::HostedZone",
    properties: {
      comment: "HostedZoneConfig.Comment",
      vpcs: { to: "VPCs", properties: { vpcId: "VPCId", vpcRegion: "VPCRegion" } },
    },
    outputs: { id: "Ref", zoneId: "Ref", nameServers: "NameServers" },
    omitted: { forceDestroy: "is about how Pulumi deletes" },
  },
  "aws:wafv2/webAcl:WebAcl": { outputs: { arn: "Arn", id: "Id" } },
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": {
    type: "AWS::WAFv2::LoggingConfiguration",
    outputs: { id: "Ref" },
  },
  "aws:wafv2/webAclAssociation:WebAclAssociation": {
    type: "AWS::WAFv2::WebACLAssociation",
    properties: { webAclArn: "WebACLArn" },
  },
};
