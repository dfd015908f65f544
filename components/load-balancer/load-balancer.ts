import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Listener, type ListenerArgs } from "@pulumi/aws/lb/listener.js";
import { ListenerCertificate } from "@pulumi/aws/lb/listenerCertificate.js";
import { LoadBalancer as VendorLoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { WebAclAssociation } from "@pulumi/aws/wafv2/webAclAssociation.js";
import { ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { makeAlarms } from "../alarms.ts";
import { judged, refuse } from "../faults.ts";
import { makeLogBucket } from "../log-bucket.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { override } from "../overrides.ts";
import { checkCertificate, partitionOf } from "../regions.ts";
import { makeWebAcl } from "../waf/web-acl.ts";
import { planLoadBalancerAlarms } from "./alarm-plan.ts";
import { Exposure, type LoadBalancerArgs, TlsPolicy } from "./args.ts";
import { checkLoadBalancer } from "./check.ts";
import { type IngressRule, planIngress } from "./ingress-plan.ts";
import { shortPrefix } from "./short-prefix.ts";

/**
 * An application load balancer that speaks HTTPS only: port 80 redirects, unknown requests get 404, headers
 * that are malformed are dropped. A web application firewall stands before a public one; requests and
 * connections are logged into a bucket of their own. Services add routes to its listener.
 *
 * ```ts
 * const front = new LoadBalancer("front", {
 *   network,
 *   exposure: Exposure.public,
 *   accountId: "111122223333",
 *   region: "eu-west-1",
 *   certificateArn: certificate.arn,
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * ```
 *
 * A month: about 20 USD and 6 for each unit of capacity; the firewall about 9 USD and 0.60 for a million
 * requests.
 */
export class LoadBalancer extends ComponentResource {
  /** Listener that routes are added to. */
  readonly listenerArn: Output<string>;
  /** Listener of test traffic; empty without `testPort`. */
  readonly testListenerArn: Output<string>;
  /** Security group that the traffic to services comes from. */
  readonly securityGroupId: Output<string>;
  readonly arn: Output<string>;
  /** Last part of the ARN, as CloudWatch names it. */
  readonly arnSuffix: Output<string>;
  /** Name to point DNS records at. */
  readonly dnsName: Output<string>;
  /** Hosted zone of that name, for alias records. */
  readonly zoneId: Output<string>;

  constructor(name: string, args: LoadBalancerArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:LoadBalancer", name, {}, opts);
    const certificate = judged("LoadBalancer", name, args.certificateArn, (arn) =>
      checkCertificate("certificateArn", arn, args.region),
    );
    refuse("LoadBalancer", name, [...checkLoadBalancer(args), ...certificate.faults]);

    const { overrides, tags } = args;
    const parent = this;
    const group = makeSecurityGroup();
    const balancer = makeLoadBalancer();
    makeRedirect();
    const listener = makeListener("listener", "https", 443);
    const testListener =
      args.testPort === undefined ? undefined : makeListener("testListener", "test", args.testPort);
    makeFirewall();
    const alarms = planLoadBalancerAlarms(name, balancer.arnSuffix);
    makeAlarms(args.alarms, alarms, { name, parent, tags, overrides });

    this.listenerArn = listener.arn;
    this.testListenerArn = testListener?.arn ?? output("");
    this.securityGroupId = group.id;
    this.arn = balancer.arn;
    this.arnSuffix = balancer.arnSuffix;
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;
    this.registerOutputs({
      listenerArn: this.listenerArn,
      testListenerArn: this.testListenerArn,
      securityGroupId: this.securityGroupId,
      arn: this.arn,
      arnSuffix: this.arnSuffix,
      dnsName: this.dnsName,
      zoneId: this.zoneId,
    });

    /** Nothing goes out but what services open for themselves. */
    function makeSecurityGroup(): SecurityGroup {
      const made = new SecurityGroup(
        `${name}-group`,
        override(overrides, "securityGroup", {
          vpcId: args.network.vpcId,
          description: `Load balancer ${name}`,
          tags: { ...tags, Name: name },
        }),
        { parent },
      );
      for (const { key, ...rule } of planIngress(args)) makeIngressRule(key, rule, made);
      return made;
    }

    function makeIngressRule(key: string, rule: Omit<IngressRule, "key">, group: SecurityGroup): void {
      const settings = { ...rule, securityGroupId: group.id, ipProtocol: "tcp", tags };
      new SecurityGroupIngressRule(`${name}-${key}`, override(overrides, "ingressRule", settings), {
        parent,
      });
    }

    function makeLoadBalancer(): VendorLoadBalancer {
      const logs = args.logs?.enabled === false ? undefined : makeLogs();
      const target = logs && { bucket: logs.bucket.id, enabled: true };
      const isPublic = args.exposure === Exposure.public;
      return new VendorLoadBalancer(
        `${name}-balancer`,
        override(overrides, "loadBalancer", {
          namePrefix: shortPrefix(name),
          loadBalancerType: "application",
          internal: !isPublic,
          subnets: isPublic ? args.network.publicSubnetIds : args.network.privateSubnetIds,
          securityGroups: [group.id],
          ipAddressType: args.dualStack ? "dualstack" : "ipv4",
          dropInvalidHeaderFields: true,
          desyncMitigationMode: "defensive",
          enableDeletionProtection: args.deletionProtection ?? true,
          enableCrossZoneLoadBalancing: true,
          enableZonalShift: true,
          enableHttp2: true,
          idleTimeout: args.idleTimeoutSeconds ?? 60,
          ...(target && {
            accessLogs: { ...target, prefix: "access" },
            connectionLogs: { ...target, prefix: "connection" },
          }),
          tags: { ...tags, Name: name },
        }),
        // The service writes a test object when logs are switched on.
        { parent, ...(logs && { dependsOn: [logs.policy] }) },
      );
    }

    /** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html */
    function makeLogs() {
      const { accountId, region } = args;
      const source = `arn:${partitionOf(region)}:elasticloadbalancing:${region}:${accountId}:loadbalancer/*`;
      const conditions = {
        StringEquals: { "aws:SourceAccount": accountId },
        ArnLike: { "aws:SourceArn": source },
      };
      const service = "logdelivery.elasticloadbalancing.amazonaws.com";
      return makeLogBucket(
        "logs",
        {
          retentionDays: args.logs?.retentionDays ?? DEFAULT_RETENTION_DAYS,
          deliveries: ["access", "connection"].map((prefix) => ({
            service,
            keys: `${prefix}/AWSLogs/${accountId}/*`,
            conditions,
          })),
        },
        { name, parent, tags, overrides },
      );
    }

    function makeRedirect(): void {
      new Listener(
        `${name}-http`,
        override(overrides, "redirectListener", {
          loadBalancerArn: balancer.arn,
          port: 80,
          protocol: "HTTP",
          defaultActions: [
            { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } },
          ],
          tags,
        } satisfies ListenerArgs),
        { parent },
      );
    }

    function makeListener(role: string, suffix: string, port: number): Listener {
      const made = new Listener(
        `${name}-${suffix}`,
        override(overrides, role, {
          loadBalancerArn: balancer.arn,
          port,
          protocol: "HTTPS",
          sslPolicy: args.tlsPolicy ?? TlsPolicy.modern,
          certificateArn: certificate.value,
          defaultActions: [
            {
              type: "fixed-response",
              fixedResponse: { contentType: "text/plain", messageBody: "Not found", statusCode: "404" },
            },
          ],
          routingHttpResponseServerEnabled: false,
          routingHttpResponseStrictTransportSecurityHeaderValue: "max-age=63072000; includeSubDomains",
          routingHttpResponseXContentTypeOptionsHeaderValue: "nosniff",
          tags,
        } satisfies ListenerArgs),
        { parent },
      );
      for (const [key, certificateArn] of Object.entries(args.moreCertificateArns ?? {})) {
        new ListenerCertificate(
          `${name}-${suffix}-certificate-${key}`,
          { listenerArn: made.arn, certificateArn },
          { parent },
        );
      }
      return made;
    }

    function makeFirewall(): void {
      if (!(args.waf?.enabled ?? args.exposure === Exposure.public)) return;
      const acl = makeWebAcl("REGIONAL", args.waf ?? {}, { name, tags, overrides }, { parent });
      new WebAclAssociation(
        `${name}-waf-association`,
        { resourceArn: balancer.arn, webAclArn: acl.arn },
        { parent },
      );
    }
  }
}
