import type { FieldCorrection, TypeCorrection } from "../match.ts";

/** An attribute of a load balancer is an entry of a list; the key is checked against the documentation of the list. */
const attribute =
  (list: string) =>
  (key: string): FieldCorrection => ({ to: list, key });
const balancer = attribute("LoadBalancerAttributes");
const target = attribute("TargetGroupAttributes");
const listener = attribute("ListenerAttributes");

const logs = (kind: string): FieldCorrection => ({
  to: "",
  properties: {
    bucket: balancer(`${kind}.s3.bucket`),
    enabled: balancer(`${kind}.s3.enabled`),
    prefix: balancer(`${kind}.s3.prefix`),
  },
});

const action = {
  properties: {
    authenticateCognito: "AuthenticateCognitoConfig",
    authenticateOidc: "AuthenticateOidcConfig",
    fixedResponse: "FixedResponseConfig",
    forward: {
      to: "ForwardConfig",
      properties: {
        stickiness: { to: "TargetGroupStickinessConfig", properties: { duration: "DurationSeconds" } },
        targetGroups: { to: "TargetGroups", properties: { arn: "TargetGroupArn" } },
      },
    },
    redirect: "RedirectConfig",
  },
};

const NAMED = { namePrefix: "CloudFormation makes names up from the stack's and the resource's" };

export const loadBalancing: Record<string, TypeCorrection> = {
  "aws:lb/loadBalancer:LoadBalancer": {
    properties: {
      accessLogs: logs("access_logs"),
      clientKeepAlive: balancer("client_keep_alive.seconds"),
      connectionLogs: logs("connection_logs"),
      desyncMitigationMode: balancer("routing.http.desync_mitigation_mode"),
      dnsRecordClientRoutingPolicy: balancer("dns_record.client_routing_policy"),
      dropInvalidHeaderFields: balancer("routing.http.drop_invalid_header_fields.enabled"),
      enableCrossZoneLoadBalancing: balancer("load_balancing.cross_zone.enabled"),
      enableDeletionProtection: balancer("deletion_protection.enabled"),
      enableHttp2: balancer("routing.http2.enabled"),
      enableTlsVersionAndCipherSuiteHeaders: balancer(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
      ),
      enableWafFailOpen: balancer("waf.fail_open.enabled"),
      enableXffClientPort: balancer("routing.http.xff_client_port.enabled"),
      enableZonalShift: balancer("zonal_shift.config.enabled"),
      healthCheckLogs: logs("health_check_logs"),
      idleTimeout: balancer("idle_timeout.timeout_seconds"),
      internal: { to: "Scheme", values: { true: "internal", false: "internet-facing" } },
      loadBalancerType: "Type",
      preserveHostHeader: balancer("routing.http.preserve_host_header.enabled"),
      xffHeaderProcessingMode: balancer("routing.http.xff_header_processing.mode"),
    },
    outputs: {
      id: "Ref",
      arn: "Ref",
      arnSuffix: "LoadBalancerFullName",
      dnsName: "DNSName",
      name: "LoadBalancerName",
      zoneId: "CanonicalHostedZoneID",
    },
    omitted: NAMED,
  },
  "aws:lb/targetGroup:TargetGroup": {
    properties: {
      connectionTermination: target("deregistration_delay.connection_termination.enabled"),
      deregistrationDelay: target("deregistration_delay.timeout_seconds"),
      healthCheck: {
        to: "",
        properties: {
          enabled: "HealthCheckEnabled",
          healthyThreshold: "HealthyThresholdCount",
          interval: "HealthCheckIntervalSeconds",
          matcher: "Matcher.HttpCode",
          path: "HealthCheckPath",
          port: "HealthCheckPort",
          protocol: "HealthCheckProtocol",
          timeout: "HealthCheckTimeoutSeconds",
          unhealthyThreshold: "UnhealthyThresholdCount",
        },
      },
      lambdaMultiValueHeadersEnabled: target("lambda.multi_value_headers.enabled"),
      loadBalancingAlgorithmType: target("load_balancing.algorithm.type"),
      loadBalancingAnomalyMitigation: target("load_balancing.algorithm.anomaly_mitigation"),
      loadBalancingCrossZoneEnabled: target("load_balancing.cross_zone.enabled"),
      preserveClientIp: target("preserve_client_ip.enabled"),
      proxyProtocolV2: target("proxy_protocol_v2.enabled"),
      slowStart: target("slow_start.duration_seconds"),
      stickiness: {
        to: "",
        properties: {
          enabled: target("stickiness.enabled"),
          type: target("stickiness.type"),
          // Of the balancer's own cookie; our components use no other.
          cookieDuration: target("stickiness.lb_cookie.duration_seconds"),
        },
      },
    },
    outputs: { id: "Ref", arn: "Ref", arnSuffix: "TargetGroupFullName", name: "TargetGroupName" },
    omitted: NAMED,
  },
  "aws:lb/listener:Listener": {
    properties: {
      alpnPolicy: "AlpnPolicy.+",
      certificateArn: "Certificates.+.CertificateArn",
      defaultActions: { to: "DefaultActions", ...action },
      tcpIdleTimeoutSeconds: listener("tcp.idle_timeout.seconds"),
    },
    attributes: "ListenerAttributes",
    outputs: { id: "Ref", arn: "Ref" },
  },
  "aws:lb/listenerCertificate:ListenerCertificate": {
    properties: { certificateArn: "Certificates.+.CertificateArn" },
  },
  "aws:lb/listenerRule:ListenerRule": {
    properties: {
      actions: { to: "Actions", ...action },
      conditions: {
        to: "Conditions",
        properties: {
          hostHeader: { to: "HostHeaderConfig", beside: { Field: "host-header" } },
          httpHeader: { to: "HttpHeaderConfig", beside: { Field: "http-header" } },
          httpRequestMethod: { to: "HttpRequestMethodConfig", beside: { Field: "http-request-method" } },
          pathPattern: { to: "PathPatternConfig", beside: { Field: "path-pattern" } },
          queryStrings: { to: "QueryStringConfig.Values", beside: { Field: "query-string" } },
          sourceIp: { to: "SourceIpConfig", beside: { Field: "source-ip" } },
        },
      },
    },
    outputs: { id: "Ref", arn: "Ref" },
  },
};
