import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { checkHeaders, contentSecurityPolicy, planHeaders } from "../../../components/cdn/headers-plan.ts";
import { planOriginGroups, planOrigins, targetOf } from "../../../components/cdn/origin-plan.ts";
import { MANAGED, orderPatterns, planPath } from "../../../components/cdn/path-plan.ts";

const bucket = { domainName: "b.s3.eu-west-1.amazonaws.com" };
const loadBalancer = {
  arn: "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/x",
  dnsName: "x.internal",
};
const custom = { domainName: "api.example.org" };
const origins = { files: { bucket }, app: { loadBalancer }, other: { custom } };

describe("the content security policy", () => {
  it("allows the own origin only unless told otherwise", () => {
    expect(contentSecurityPolicy()).toBe(
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; media-src 'self'; worker-src 'self'; form-action 'self'; frame-src 'none'; " +
        "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; upgrade-insecure-requests",
    );
  });

  it.each([
    [
      { scripts: ["https://b.example.com", "https://a.example.com"] },
      "script-src 'self' https://a.example.com https://b.example.com;",
    ],
    [{ scripts: ["sha256-abc="] }, "script-src 'self' 'sha256-abc=';"],
    [{ inlineStyles: true }, "style-src 'self' 'unsafe-inline';"],
    [{ inlineScripts: true, webAssembly: true }, "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval';"],
    [{ images: ["blob:"] }, "img-src 'self' blob:;"],
    [{ frames: ["https://pay.example.com"] }, "frame-src https://pay.example.com;"],
    [{ frameAncestors: ["https://shell.example.com"] }, "frame-ancestors https://shell.example.com;"],
  ])("adds %j", (args, part) => {
    expect(contentSecurityPolicy(args)).toContain(part);
  });

  it("never lets a source end its directive or bring a keyword", () => {
    fc.assert(
      fc.property(fc.string(), (source) => {
        const refused = checkHeaders({ contentSecurity: { scripts: [source] } }).length > 0;
        if (/[;,'"\s]/.test(source)) expect(refused).toBe(true);
      }),
    );
    for (const source of ["https://a.example.com; script-src *", "'unsafe-eval'", "https://a b"]) {
      expect(checkHeaders({ contentSecurity: { scripts: [source] } })).toHaveLength(1);
    }
  });
});

describe("response headers", () => {
  it("insist on HTTPS, forbid frames and guessing of types, and say little to other sites", () => {
    expect(planHeaders()).toMatchObject({
      securityHeadersConfig: {
        strictTransportSecurity: {
          accessControlMaxAgeSec: 63_072_000,
          includeSubdomains: true,
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: "DENY" },
        referrerPolicy: { referrerPolicy: "strict-origin-when-cross-origin" },
        contentSecurityPolicy: { override: false },
      },
      removeHeadersConfig: { items: [{ header: "x-powered-by" }] },
    });
    expect(planHeaders()).not.toHaveProperty("corsConfig");
  });

  it("only reports when asked to, and leaves frame options out where pages may frame", () => {
    const planned = planHeaders({
      contentSecurity: { reportOnly: true, frameAncestors: ["https://a.example.com"] },
    });
    expect(planned.securityHeadersConfig).not.toHaveProperty("contentSecurityPolicy");
    expect(planned.securityHeadersConfig).not.toHaveProperty("frameOptions");
    expect(JSON.stringify(planned.customHeadersConfig)).toContain("content-security-policy-report-only");
  });

  it("let other sites read without credentials", () => {
    expect(planHeaders({ cors: { origins: ["https://shell.example.com"] } }).corsConfig).toMatchObject({
      accessControlAllowCredentials: false,
      accessControlAllowOrigins: { items: ["https://shell.example.com"] },
      accessControlMaxAgeSec: 600,
    });
  });
});

describe("paths", () => {
  it("are tried from the more specific to the more general, whatever their order", () => {
    const ordered = ["/api/health", "/api/v1/*", "/api/*", "/assets*", "/*.js"];
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: 5 }), (shuffled) => {
        expect(orderPatterns(shuffled)).toEqual(["/api/health", "/api/v1/*", "/assets*", "/api/*", "/*.js"]);
      }),
    );
  });

  it.each([
    ["files", undefined, MANAGED.cachingOptimized, undefined],
    ["files", "none", MANAGED.cachingDisabled, undefined],
    ["app", undefined, MANAGED.cachingDisabled, MANAGED.allViewer],
    ["app", "originHeaders", MANAGED.originCacheHeaders, MANAGED.allViewer],
    ["app", "files", MANAGED.cachingOptimized, MANAGED.hostOnly],
    ["other", undefined, MANAGED.cachingDisabled, MANAGED.allViewerExceptHost],
    ["other", "files", MANAGED.cachingOptimized, undefined],
  ] as const)("to %s with caching %s", (origin, caching, cachePolicyId, originRequestPolicyId) => {
    const planned = planPath({ origin, caching }, origins, "policy");
    expect(planned).toMatchObject({
      targetOriginId: origin,
      viewerProtocolPolicy: "redirect-to-https",
      allowedMethods: ["GET", "HEAD", "OPTIONS"],
      cachePolicyId,
      responseHeadersPolicyId: "policy",
    });
    expect(planned.originRequestPolicyId).toBe(originRequestPolicyId);
  });
});

describe("origins", () => {
  it("are private, signed or by TLS 1.2, in the order of their names", () => {
    const parts = { originAccessControlId: "oac", vpcOriginIds: { app: "vo-1" } };
    const planned = planOrigins(
      { ...origins, other: { custom, headers: { "x-from": "cdn" }, path: "/v1" } },
      parts,
    );
    expect(planned).toMatchObject([
      { originId: "app", domainName: "x.internal", vpcOriginConfig: { vpcOriginId: "vo-1" } },
      { originId: "files", originAccessControlId: "oac" },
      {
        originId: "other",
        originPath: "/v1",
        customHeaders: [{ name: "x-from", value: "cdn" }],
        customOriginConfig: {
          originProtocolPolicy: "https-only",
          originSslProtocols: ["TLSv1.2"],
          httpsPort: 443,
        },
      },
    ]);
  });

  it("fail over in a group that paths lead to", () => {
    const withFailover = { files: { bucket, failoverTo: "replica" }, replica: { bucket } };
    expect(planOriginGroups(withFailover)).toEqual([
      {
        originId: "files-with-failover",
        failoverCriteria: { statusCodes: [500, 502, 503, 504] },
        members: [{ originId: "files" }, { originId: "replica" }],
      },
    ]);
    expect(targetOf("files", withFailover)).toBe("files-with-failover");
    expect(targetOf("replica", withFailover)).toBe("replica");
  });
});
