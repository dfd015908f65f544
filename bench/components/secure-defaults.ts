// What a production web service must have without its user saying so, as data: each line is judged in a graph.

import { isDeepStrictEqual } from "node:util";
import type { Graph, GraphResource } from "../../components/testing/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: inputs are looked into at many depths
type Inputs = any;

export interface SecureDefault {
  family: string;
  says: string;
  holds(graph: Graph): boolean;
}

/** A default that each resource of a type meets, of which there must be one. */
function each(family: string, type: string, says: string, meets: (inputs: Inputs) => boolean): SecureDefault {
  return {
    family,
    says,
    holds(graph) {
      const found = graph.resources.filter((resource) => resource.type === type);
      return found.length > 0 && found.every(({ inputs }) => meets(inputs));
    },
  };
}

/** A default that inputs of one resource have, whatever else they have. */
function has(family: string, type: string, says: string, wanted: Record<string, unknown>): SecureDefault {
  return each(family, type, says, (inputs) =>
    Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(inputs[key], value)),
  );
}

const container = (inputs: Inputs): Inputs => JSON.parse(inputs.containerDefinitions)[0];
const named = (graph: Graph, type: string, ending: string): GraphResource | undefined =>
  graph.resources.find((resource) => resource.type === type && resource.name.endsWith(ending));

const SERVICE = "aws:ecs/service:Service";
const TASK = "aws:ecs/taskDefinition:TaskDefinition";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

const ecs: SecureDefault[] = [
  has("ECS", SERVICE, "a deployment that fails takes itself back", {
    deploymentCircuitBreaker: { enable: true, rollback: true },
  }),
  has("ECS", SERVICE, "no task is missing while a version rolls", {
    deploymentMinimumHealthyPercent: 100,
    deploymentMaximumPercent: 200,
  }),
  each("ECS", SERVICE, "private addresses only", ({ networkConfiguration: n }) => n.assignPublicIp === false),
  has("ECS", SERVICE, "no shells", { enableExecuteCommand: false }),
  each("ECS", SERVICE, "a task at least on demand", ({ capacityProviderStrategies: strategies }) =>
    strategies.some(({ capacityProvider, base }: Inputs) => capacityProvider === "FARGATE" && base >= 1),
  ),
  each(
    "ECS",
    SERVICE,
    "calls between services on record",
    ({ serviceConnectConfiguration: c }) => c.enabled && c.accessLogConfiguration.format === "JSON",
  ),
  has("ECS", TASK, "an address of its own for each task", { networkMode: "awsvpc" }),
  each("ECS", TASK, "a file system that is read-only", (i) => container(i).readonlyRootFilesystem === true),
  each("ECS", TASK, "a user that is not root", (i) => !/^(0|root)?(:|$)/.test(container(i).user)),
  each("ECS", TASK, "no capabilities", (i) =>
    isDeepStrictEqual(container(i).linuxParameters.capabilities, { drop: ["ALL"] }),
  ),
  each("ECS", TASK, "an init process", (i) => container(i).linuxParameters.initProcessEnabled === true),
  each("ECS", TASK, "a container that ends starts again", (i) => container(i).restartPolicy.enabled === true),
  each(
    "ECS",
    TASK,
    "logs that never block",
    (i) => container(i).logConfiguration.options.mode === "non-blocking",
  ),
  each("ECS", TASK, "an image by digest", (i) => /@sha256:[0-9a-f]{64}$/.test(container(i).image)),
  each("ECS", TASK, "tasks do not act as what starts them", (i) => i.taskRoleArn !== i.executionRoleArn),
  each("ECS", TASK, "Graviton", (i) => i.runtimePlatform.cpuArchitecture === "ARM64"),
  each("ECS", "aws:ecs/cluster:Cluster", "enhanced insights", ({ settings }) =>
    settings.some(({ name, value }: Inputs) => name === "containerInsights" && value === "enhanced"),
  ),
  each(
    "ECS",
    "aws:appautoscaling/policy:Policy",
    "follows the load at 75 %",
    (i) => i.targetTrackingScalingPolicyConfiguration.targetValue === 75,
  ),
  has("ECS", "aws:appautoscaling/target:Target", "2 to 10 tasks", { minCapacity: 2, maxCapacity: 10 }),
  each("ECS", "aws:cloudwatch/logGroup:LogGroup", "logs for a year", (i) => i.retentionInDays >= 365),
  {
    family: "ECS",
    says: "only the load balancer reaches the tasks",
    holds: (graph) => named(graph, INGRESS, "-from-front")?.inputs.referencedSecurityGroupId !== undefined,
  },
];

const network: SecureDefault[] = [
  {
    family: "Network",
    says: "a NAT gateway in each zone",
    holds(graph) {
      const zones = new Set(
        ofType(graph, "aws:ec2/subnet:Subnet").map(({ inputs }) => inputs.availabilityZone),
      );
      return zones.size > 1 && ofType(graph, "aws:ec2/natGateway:NatGateway").length === zones.size;
    },
  },
  has("Network", "aws:ec2/subnet:Subnet", "no subnet gives out public addresses", {
    mapPublicIpOnLaunch: false,
  }),
  has(
    "Network",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "a default group that lets nothing through",
    {
      ingress: [],
      egress: [],
    },
  ),
  has("Network", "aws:ec2/flowLog:FlowLog", "all traffic on record", { trafficType: "ALL" }),
  ...["s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager"].map((service) => ({
    family: "Network",
    says: `an endpoint of ${service} inside`,
    holds: (graph: Graph) =>
      ofType(graph, "aws:ec2/vpcEndpoint:VpcEndpoint").some(
        ({ inputs }) => typeof inputs.serviceName === "string" && inputs.serviceName.endsWith(`.${service}`),
      ),
  })),
  each(
    "Network",
    INGRESS,
    "nothing is open to the world",
    ({ cidrIpv4, cidrIpv6, referencedSecurityGroupId: group }) =>
      cidrIpv6 === undefined && (group !== undefined || cidrIpv4 === "10.0.0.0/16"),
  ),
];

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const balancer: SecureDefault[] = [
  {
    family: "Load balancer",
    says: "HTTP is redirected to HTTPS",
    holds: (graph) =>
      JSON.stringify(named(graph, "aws:lb/listener:Listener", "-http")?.inputs ?? {}).includes('"HTTP_301"'),
  },
  {
    family: "Load balancer",
    says: "TLS 1.3, and 1.2 with forward secrecy",
    holds: (graph) =>
      named(graph, "aws:lb/listener:Listener", "-https")?.inputs.sslPolicy ===
      "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
  },
  {
    family: "Load balancer",
    says: "404 for what no service wants",
    holds: (graph) =>
      JSON.stringify(named(graph, "aws:lb/listener:Listener", "-https")?.inputs ?? {}).includes(
        '"statusCode":"404"',
      ),
  },
  has("Load balancer", BALANCER, "drops malformed headers", { dropInvalidHeaderFields: true }),
  has("Load balancer", BALANCER, "defends against desync", { desyncMitigationMode: "defensive" }),
  has("Load balancer", BALANCER, "refuses deletion", { enableDeletionProtection: true }),
  has("Load balancer", BALANCER, "uses all zones", { enableCrossZoneLoadBalancing: true }),
  has("Load balancer", BALANCER, "can be shifted out of a zone", { enableZonalShift: true }),
  each("Load balancer", BALANCER, "requests on record", ({ accessLogs }) => accessLogs.enabled === true),
  each(
    "Load balancer",
    BALANCER,
    "connections on record",
    ({ connectionLogs }) => connectionLogs.enabled === true,
  ),
  has("Load balancer", BALANCER, "is in private subnets", { internal: true }),
];

const DISTRIBUTION = "aws:cloudfront/distribution:Distribution";
const HEADERS = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy";
const WAF = "aws:wafv2/webAcl:WebAcl";
const cdn: SecureDefault[] = [
  each(
    "CDN",
    DISTRIBUTION,
    "TLS 1.2 of 2025",
    (i) => i.viewerCertificate.minimumProtocolVersion === "TLSv1.2_2025",
  ),
  each(
    "CDN",
    DISTRIBUTION,
    "HTTPS only",
    (i) => i.defaultCacheBehavior.viewerProtocolPolicy === "redirect-to-https",
  ),
  has("CDN", DISTRIBUTION, "HTTP/3 and IPv6", { httpVersion: "http2and3", isIpv6Enabled: true }),
  each("CDN", DISTRIBUTION, "a firewall before it", (i) => typeof i.webAclId === "string"),
  each(
    "CDN",
    "aws:cloudfront/vpcOrigin:VpcOrigin",
    "reaches the load balancer inside the VPC, by TLS",
    (i) => i.vpcOriginEndpointConfig.originProtocolPolicy === "https-only",
  ),
  ...[
    "strictTransportSecurity",
    "contentTypeOptions",
    "frameOptions",
    "referrerPolicy",
    "contentSecurityPolicy",
  ].map((header) =>
    each("CDN", HEADERS, `sends ${header}`, (i) => i.securityHeadersConfig[header] !== undefined),
  ),
  each(
    "CDN",
    "aws:cloudwatch/logDelivery:LogDelivery",
    "requests on record",
    (i) => i.deliverySourceName !== undefined,
  ),
  ...["AmazonIpReputationList", "KnownBadInputsRuleSet", "CommonRuleSet", "rate"].map((rule) =>
    each("WAF", WAF, `blocks by ${rule}`, ({ rules }) =>
      rules.some(
        ({ name, action, overrideAction }: Inputs) =>
          name.endsWith(rule) && (action?.block !== undefined || overrideAction?.none !== undefined),
      ),
    ),
  ),
  each(
    "WAF",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "is on record without credentials",
    ({ logDestinationConfigs, redactedFields }) =>
      logDestinationConfigs.length === 1 && redactedFields.length >= 2,
  ),
];

const DATABASE = "aws:rds/instance:Instance";
const database: SecureDefault[] = [
  has("PostgreSQL", DATABASE, "encrypted", { storageEncrypted: true }),
  has("PostgreSQL", DATABASE, "a password that nobody knows", { manageMasterUserPassword: true }),
  has("PostgreSQL", DATABASE, "log-in by IAM", { iamDatabaseAuthenticationEnabled: true }),
  has("PostgreSQL", DATABASE, "private", { publiclyAccessible: false }),
  has("PostgreSQL", DATABASE, "a standby in another zone", { multiAz: true }),
  has("PostgreSQL", DATABASE, "refuses deletion", { deletionProtection: true }),
  has("PostgreSQL", DATABASE, "leaves a snapshot", { skipFinalSnapshot: false }),
  has("PostgreSQL", DATABASE, "snapshots keep tags", { copyTagsToSnapshot: true }),
  each("PostgreSQL", DATABASE, "backups of a week or more", (i) => i.backupRetentionPeriod >= 7),
  has("PostgreSQL", DATABASE, "Performance Insights", { performanceInsightsEnabled: true }),
  each("PostgreSQL", DATABASE, "enhanced monitoring", (i) => i.monitoringInterval > 0),
  has("PostgreSQL", DATABASE, "logs outside", { enabledCloudwatchLogsExports: ["postgresql", "upgrade"] }),
  each("PostgreSQL", DATABASE, "storage that grows", (i) => i.maxAllocatedStorage > i.allocatedStorage),
  has("PostgreSQL", DATABASE, "gp3", { storageType: "gp3" }),
  has("PostgreSQL", DATABASE, "minor upgrades by itself", { autoMinorVersionUpgrade: true }),
  each("PostgreSQL", "aws:rds/parameterGroup:ParameterGroup", "TLS only", ({ parameters }) =>
    parameters.some(({ name, value }: Inputs) => name === "rds.force_ssl" && value === "1"),
  ),
];

const buckets: SecureDefault[] = [
  has("S3", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "never public", {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  }),
  has("S3", "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "no access lists", {
    rule: { objectOwnership: "BucketOwnerEnforced" },
  }),
  each("S3", "aws:s3/bucketPolicy:BucketPolicy", "TLS only", ({ policy }) =>
    JSON.parse(policy).Statement.some(
      ({ Effect, Condition }: Inputs) =>
        Effect === "Deny" && Condition?.Bool?.["aws:SecureTransport"] === "false",
    ),
  ),
  has("S3", "aws:s3/bucketVersioning:BucketVersioning", "earlier versions are kept", {
    versioningConfiguration: { status: "Enabled" },
  }),
  each(
    "S3",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "uploads and versions that nobody needs go",
    ({ rules: [rule] }) => rule.abortIncompleteMultipartUpload && rule.noncurrentVersionExpiration,
  ),
  each(
    "S3",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "encrypted",
    ({ rules: [rule] }) => rule.applyServerSideEncryptionByDefault !== undefined,
  ),
];

/** Secure defaults of everything that a production web service is made of. */
export const secureDefaults: readonly SecureDefault[] = [
  ...ecs,
  ...network,
  ...balancer,
  ...cdn,
  ...database,
  ...buckets,
];

/** Those that a graph does not meet: `ECS: no shells`. What cannot be judged is not met. */
export function unmetDefaults(graph: Graph): string[] {
  return secureDefaults.filter((each) => !isMet(each, graph)).map(({ family, says }) => `${family}: ${says}`);
}

function isMet(secureDefault: SecureDefault, graph: Graph): boolean {
  try {
    return secureDefault.holds(graph) === true;
  } catch {
    return false;
  }
}

function ofType(graph: Graph, type: string): GraphResource[] {
  return graph.resources.filter((resource) => resource.type === type);
}
