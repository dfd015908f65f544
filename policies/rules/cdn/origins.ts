import { isGiven } from "../../known.ts";
import type { Props } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import { isOff, list } from "../../values.ts";
import { behaviorsOf } from "./behaviors.ts";

const weak = ["SSLv3", "TLSv1", "TLSv1.1"];

export const cdnOrigins = stackRule({
  id: "cdn-origins",
  title: "Distributions reach their origins by TLS, and buckets behind them answer nobody else",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "FSBP CloudFront.9",
    "FSBP CloudFront.10",
    "FSBP CloudFront.12",
    "FSBP CloudFront.13",
    "CKV CKV2_AWS_46",
  ],
  remediation:
    "Give bucket origins an origin access control, other origins originProtocolPolicy https-only with TLSv1.2, and name only buckets that exist.",
  kinds: ["aws:cloudfront/Distribution", "aws:cloudfront/VpcOrigin"],
  check(resource, { found, stack }) {
    if (resource.kind === "aws:cloudfront/VpcOrigin") {
      judgeTls(resource.props.vpcOriginEndpointConfig, "vpcOriginEndpointConfig", found);
      return;
    }
    const { origins, originGroups } = resource.props;
    const targets = new Set([...list(origins), ...list(originGroups)].map(({ originId }) => originId));
    list(resource.props.origins).forEach((origin, index) => {
      const path = `origins.${index}`;
      if (origin.customOriginConfig) judgeTls(origin.customOriginConfig, `${path}.customOriginConfig`, found);
      else if (!origin.vpcOriginConfig && !isGiven(origin, "originAccessControlId")) {
        found(`reaches the bucket of ${origin.originId} as anybody may`, `${path}.originAccessControlId`);
      }
      if (origin.s3OriginConfig?.originAccessIdentity) {
        found(`reaches ${origin.originId} by an identity of the old form`, `${path}.s3OriginConfig`);
      }
    });
    for (const [path, behavior] of behaviorsOf(resource.props)) {
      const target = behavior?.targetOriginId;
      if (target !== undefined && !targets.has(target)) {
        found(`leads to ${target}, which is no origin`, `${path}.targetOriginId`);
      }
    }
    // A bucket that this stack makes is not the case; one by name alone may be somebody else's tomorrow.
    const made = stack.of("aws:s3/Bucket");
    list(resource.props.origins).forEach((origin, index) => {
      if (resource.references.origins !== undefined || origin.customOriginConfig || origin.vpcOriginConfig)
        return;
      const bucket = /^([^.]+)\.s3[.-]/.exec(origin.domainName ?? "")?.[1];
      if (bucket !== undefined && !made.some(({ props }) => props.bucket === bucket)) {
        found(`names the bucket ${bucket}, which this stack does not hold`, `origins.${index}.domainName`);
      }
    });
  },
});

function judgeTls(config: Props, path: string, found: (message: string, path: string) => void): void {
  if (config?.originProtocolPolicy !== "https-only") {
    found("may reach its origin by plain HTTP", `${path}.originProtocolPolicy`);
  }
  const given = config?.originSslProtocols;
  const protocols: string[] = list(given?.items ?? given).map(String);
  const old = protocols.filter((each) => weak.includes(each));
  if (old.length > 0 && !isOff(given))
    found(`reaches its origin by ${old.join(", ")}`, `${path}.originSslProtocols`);
}
