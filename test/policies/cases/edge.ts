import { given, type Table, when } from "../../../policies/testing/index.ts";

const listener = (inputs: Record<string, unknown>, type = "aws:lb/listener:Listener") =>
  given(type, "listener", { protocol: "HTTP", port: 80, loadBalancerArn: "lb", ...inputs });
const redirect = (protocol?: string) => ({
  type: "redirect",
  redirect: { port: "443", protocol, statusCode: "HTTP_301" },
});
const forward = { type: "forward", targetGroupArn: "t" };
const rule = (action: unknown) =>
  given(
    "aws:lb/listenerRule:ListenerRule",
    "rule",
    { actions: [action], listenerArn: "x" },
    { from: { listenerArn: "listener" } },
  );
const https = (sslPolicy: string | undefined, protocol = "HTTPS") =>
  listener({ protocol, port: 443, sslPolicy });
const balancer = (inputs: Record<string, unknown> = {}, type = "aws:lb/loadBalancer:LoadBalancer") =>
  given(type, "balancer", {
    dropInvalidHeaderFields: true,
    accessLogs: { enabled: true, bucket: "logs" },
    enableDeletionProtection: true,
    ...inputs,
  });
const association = given(
  "aws:wafv2/webAclAssociation:WebAclAssociation",
  "guard",
  { resourceArn: "x" },
  { from: { resourceArn: "balancer" } },
);

const behavior = {
  targetOriginId: "files",
  viewerProtocolPolicy: "redirect-to-https",
  responseHeadersPolicyId: "h",
};
const bucketOrigin = {
  originId: "files",
  domainName: "b.s3.eu-west-1.amazonaws.com",
  originAccessControlId: "c",
};
const distribution = (inputs: Record<string, unknown> = {}, from: Record<string, string> = {}) =>
  given(
    "aws:cloudfront/distribution:Distribution",
    "cdn",
    {
      enabled: true,
      aliases: ["www.example.com"],
      webAclId: "acl",
      defaultRootObject: "index.html",
      defaultCacheBehavior: behavior,
      origins: [bucketOrigin],
      loggingConfig: { bucket: "logs" },
      viewerCertificate: {
        acmCertificateArn: "a",
        minimumProtocolVersion: "TLSv1.2_2021",
        sslSupportMethod: "sni-only",
      },
      ...inputs,
    },
    { from },
  );
const certificate = (changes: Record<string, unknown>) =>
  distribution({
    viewerCertificate: {
      acmCertificateArn: "a",
      minimumProtocolVersion: "TLSv1.2_2025",
      sslSupportMethod: "sni-only",
      ...changes,
    },
  });
const bucket = given("aws:s3/bucket:Bucket", "b", { bucket: "b" });
const customOrigin = (changes: Record<string, unknown>) =>
  distribution({
    origins: [
      {
        originId: "files",
        domainName: "a.example.com",
        customOriginConfig: {
          originProtocolPolicy: "https-only",
          originSslProtocols: ["TLSv1.2"],
          ...changes,
        },
      },
    ],
  });
const vpcOrigin = (changes: Record<string, unknown>) =>
  given("aws:cloudfront/vpcOrigin:VpcOrigin", "o", {
    vpcOriginEndpointConfig: {
      originProtocolPolicy: "https-only",
      originSslProtocols: { items: ["TLSv1.2"] },
      ...changes,
    },
  });
const headers = (hsts: unknown) =>
  given("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "headers", {
    securityHeadersConfig: { strictTransportSecurity: hsts },
  });

const visible = { cloudwatchMetricsEnabled: true };
const known = {
  name: "bad",
  overrideAction: { none: {} },
  statement: { managedRuleGroupStatement: { name: "AWSManagedRulesKnownBadInputsRuleSet" } },
  visibilityConfig: visible,
};
const rate = {
  name: "rate",
  action: { block: {} },
  statement: { rateBasedStatement: { limit: 2000 } },
  visibilityConfig: visible,
};
const acl = (rules: unknown[], inputs = {}) => given("aws:wafv2/webAcl:WebAcl", "acl", { rules, ...inputs });
const separate = (inputs: Record<string, unknown>) =>
  given("aws:wafv2/webAclRule:WebAclRule", "rule", inputs, { from: { webAclArn: "acl" } });
const group = (overrideAction: string) =>
  given(
    "aws:wafv2/webAclRuleGroupAssociation:WebAclRuleGroupAssociation",
    "group",
    { overrideAction, managedRuleGroup: { name: "AWSManagedRulesKnownBadInputsRuleSet", vendorName: "AWS" } },
    { from: { webAclArn: "acl" } },
  );
const logging = given(
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
  "log",
  { resourceArn: "x" },
  { from: { resourceArn: "acl" } },
);

export const edge: Record<string, Table> = {
  "lb-https": {
    good: [
      when("leads to HTTPS", [listener({ defaultActions: [redirect("HTTPS")] })]),
      when("speaks HTTPS", [listener({ protocol: "HTTPS", defaultActions: [forward] }), rule(forward)]),
      when("a classic one with HTTPS", [
        given("aws:elb/loadBalancer:LoadBalancer", "old", { listeners: [{ lbProtocol: "https" }] }),
      ]),
    ],
    bad: [
      when("forwards", [listener({ defaultActions: [forward] })], { says: "without leading to HTTPS" }),
      when(
        "forwards, by another name of the type",
        [listener({ defaultActions: [forward] }, "aws:alb/listener:Listener")],
        { says: "without leading" },
      ),
      when("leads to where it came from", [listener({ defaultActions: [redirect()] })], {
        says: "without leading",
      }),
      when("answers by itself", [listener({ defaultActions: [{ type: "fixed-response" }] })], {
        says: "without leading",
      }),
      when("a rule forwards", [listener({ defaultActions: [redirect("HTTPS")] }), rule(forward)], {
        says: "without leading",
      }),
      when(
        "a classic one",
        [given("aws:elb/loadBalancer:LoadBalancer", "old", { listeners: [{ lbProtocol: "http" }] })],
        { says: "plain HTTP" },
      ),
    ],
  },
  "lb-tls-policy": {
    good: [
      when("TLS 1.3", [https("ELBSecurityPolicy-TLS13-1-2-Res-2021-06")]),
      when("plain HTTP is another rule's", [listener({})]),
    ],
    bad: [
      when("TLS 1.0", [https("ELBSecurityPolicy-2016-08")], { says: "2016-08" }),
      when("TLS 1.1", [https("ELBSecurityPolicy-TLS-1-1-2017-01")], { says: "TLS-1-1" }),
      when("TLS 1.3 with TLS 1.0", [https("ELBSecurityPolicy-TLS13-1-0-2021-06")], { says: "TLS13-1-0" }),
      when("not said", [https(undefined)], { says: "of 2016" }),
      when("of a network load balancer", [https(undefined, "TLS")], { says: "of 2016" }),
    ],
  },
  "lb-hardening": {
    good: [
      when("all set", [balancer()], { stack: "production" }),
      when("without protection in dev", [balancer({ enableDeletionProtection: false })]),
      when("a network load balancer knows no headers", [
        balancer({ loadBalancerType: "network", dropInvalidHeaderFields: false }),
      ]),
    ],
    bad: [
      when("headers", [balancer({ dropInvalidHeaderFields: undefined })], { says: "malformed headers" }),
      when("desync", [balancer({ desyncMitigationMode: "monitor" })], { says: "two ways" }),
      when("no log", [balancer({ accessLogs: { enabled: false } })], { says: "no access log" }),
      when("log not said", [balancer({ accessLogs: undefined }, "aws:alb/loadBalancer:LoadBalancer")], {
        says: "no access log",
      }),
      when("deletion", [balancer({ enableDeletionProtection: false })], {
        says: "by mistake",
        stack: "production",
      }),
      when(
        "deletion in a stack named after production",
        [balancer({ enableDeletionProtection: undefined })],
        { says: "by mistake", stack: "eu-prod" },
      ),
    ],
  },
  "public-waf": {
    good: [
      when("a firewall", [balancer(), association, distribution()]),
      when("internal", [balancer({ internal: true })]),
      when("a firewall that is made in the same stack", [
        distribution({ webAclId: "[unknown]" }, { webAclId: "acl" }),
        acl([]),
      ]),
      when("turned off", [distribution({ enabled: false, webAclId: undefined })]),
    ],
    bad: [
      when("a load balancer", [balancer()], { says: "without a firewall" }),
      when("of another name of the type", [balancer({}, "aws:alb/loadBalancer:LoadBalancer")], {
        says: "without a firewall",
      }),
      when("a distribution", [distribution({ webAclId: undefined })], { says: "without a firewall" }),
      when("an empty one", [distribution({ webAclId: "" })], { says: "without a firewall" }),
    ],
  },
  "waf-rules": {
    good: [
      when("all set", [acl([known, rate]), logging]),
      when("set by separate resources", [acl([]), group("none"), separate(rate), logging]),
    ],
    bad: [
      when("bad input", [acl([rate]), logging], { says: "bad input" }),
      when("bad input only counted", [acl([{ ...known, overrideAction: { count: {} } }, rate]), logging], {
        says: "bad input",
      }),
      when("bad input only counted, separate", [acl([rate]), group("count"), logging], { says: "bad input" }),
      when(
        "a rate only counted, separate",
        [acl([known]), separate({ ...rate, action: { count: {} } }), logging],
        {
          says: "how often",
        },
      ),
      when("no rate", [acl([known]), logging], { says: "how often" }),
      when("a rate only counted", [acl([known, { ...rate, action: { count: {} } }]), logging], {
        says: "how often",
      }),
      when(
        "no metric",
        [acl([known, { ...rate, visibilityConfig: { cloudwatchMetricsEnabled: false } }]), logging],
        { says: "no metric of the rule rate" },
      ),
      when("no log", [acl([known, rate])], { says: "no log" }),
      when("rules as text", [acl([], { ruleJson: "[]" }), logging], { says: "as text" }),
    ],
  },
  "cdn-tls": {
    good: [
      when("2021", [distribution()]),
      when("2025", [certificate({})]),
      when("1.3", [certificate({ minimumProtocolVersion: "TLSv1.3_2025" })]),
    ],
    bad: [
      when("old", [certificate({ minimumProtocolVersion: "TLSv1.2_2019" })], { says: "TLSv1.2_2019" }),
      when("not said", [certificate({ minimumProtocolVersion: undefined })], { says: "speaks TLSv1" }),
      when("by address", [certificate({ sslSupportMethod: "vip" })], { says: "by name" }),
      when("no certificate", [distribution({ viewerCertificate: {} })], {
        says: "no certificate of its own",
      }),
      when("CloudFront's", [distribution({ viewerCertificate: { cloudfrontDefaultCertificate: true } })], {
        says: "CloudFront's certificate",
      }),
      when(
        "plain HTTP",
        [distribution({ defaultCacheBehavior: { ...behavior, viewerProtocolPolicy: "allow-all" } })],
        { says: "plain HTTP" },
      ),
      when(
        "plain HTTP on a path",
        [
          distribution({
            orderedCacheBehaviors: [{ ...behavior, pathPattern: "/a", viewerProtocolPolicy: "allow-all" }],
          }),
        ],
        { says: "plain HTTP" },
      ),
    ],
  },
  "cdn-origins": {
    good: [
      when("a bucket of this stack", [distribution(), bucket]),
      when("a server", [customOrigin({})]),
      when("a private server", [
        vpcOrigin({}),
        distribution({ origins: [{ originId: "files", domainName: "x", vpcOriginConfig: {} }] }),
      ]),
      when("a group", [
        distribution({
          origins: [bucketOrigin],
          originGroups: [{ originId: "both" }],
          defaultCacheBehavior: { ...behavior, targetOriginId: "both" },
        }),
        bucket,
      ]),
    ],
    bad: [
      when(
        "anybody's bucket",
        [distribution({ origins: [{ ...bucketOrigin, originAccessControlId: undefined }] }), bucket],
        { says: "as anybody may" },
      ),
      when(
        "an identity",
        [
          distribution({ origins: [{ ...bucketOrigin, s3OriginConfig: { originAccessIdentity: "i" } }] }),
          bucket,
        ],
        { says: "old form" },
      ),
      when("plain HTTP", [customOrigin({ originProtocolPolicy: "http-only" })], { says: "plain HTTP" }),
      when("as the viewer comes", [customOrigin({ originProtocolPolicy: "match-viewer" })], {
        says: "plain HTTP",
      }),
      when("TLS 1.0", [customOrigin({ originSslProtocols: ["TLSv1", "TLSv1.2"] })], { says: "TLSv1" }),
      when("a private server in the clear", [vpcOrigin({ originProtocolPolicy: "http-only" })], {
        says: "plain HTTP",
      }),
      when("a private server by SSL 3", [vpcOrigin({ originSslProtocols: { items: ["SSLv3"] } })], {
        says: "SSLv3",
      }),
      when(
        "no such origin",
        [distribution({ defaultCacheBehavior: { ...behavior, targetOriginId: "other" } }), bucket],
        { says: "is no origin" },
      ),
      when("a bucket of nobody", [distribution()], { says: "does not hold" }),
    ],
  },
  "cdn-headers": {
    good: [
      when("headers and a log", [
        distribution(),
        headers({ accessControlMaxAgeSec: 63072000, override: true }),
      ]),
      when("a log of the second form", [
        distribution({ loggingConfig: undefined }),
        given(
          "aws:cloudwatch/logDeliverySource:LogDeliverySource",
          "s",
          { resourceArn: "x" },
          { from: { resourceArn: "cdn" } },
        ),
      ]),
    ],
    bad: [
      when(
        "no headers",
        [distribution({ defaultCacheBehavior: { ...behavior, responseHeadersPolicyId: undefined } })],
        { says: "no security headers" },
      ),
      when("none on a path", [distribution({ orderedCacheBehaviors: [{ pathPattern: "/a" }] })], {
        says: "for /a",
      }),
      when("no HSTS", [headers(undefined)], { says: "come back" }),
      when("HSTS of a day", [headers({ accessControlMaxAgeSec: 86400 })], { says: "come back" }),
      when("no log", [distribution({ loggingConfig: undefined })], { says: "no access log" }),
    ],
  },
  "cdn-default-root": {
    good: [
      when("a page", [distribution()]),
      when("a function", [
        distribution({
          defaultRootObject: undefined,
          defaultCacheBehavior: { ...behavior, functionAssociations: [{ eventType: "viewer-request" }] },
        }),
      ]),
      when("a server", [
        distribution({
          defaultRootObject: undefined,
          origins: [{ originId: "files", customOriginConfig: {} }],
        }),
      ]),
    ],
    bad: [
      when("none", [distribution({ defaultRootObject: undefined })], { says: "no page" }),
      when("an empty one", [distribution({ defaultRootObject: "" })], { says: "no page" }),
    ],
  },
};
