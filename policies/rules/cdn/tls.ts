import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";
import { isOn, list } from "../../values.ts";
import { behaviorsOf } from "./behaviors.ts";

export const cdnTls = resourceRule({
  id: "cdn-tls",
  title: "Distributions are reached by TLS 1.2 or later, by their own name and certificate",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "FSBP CloudFront.3",
    "FSBP CloudFront.7",
    "FSBP CloudFront.8",
    "CKV CKV_AWS_174",
    "CT CT.CLOUDFRONT.PR.3",
    "CT CT.CLOUDFRONT.PR.6",
    "CT CT.CLOUDFRONT.PR.7",
    "CT CT.CLOUDFRONT.PR.9",
  ],
  remediation:
    "Redirect viewers to HTTPS in every behaviour; use an ACM certificate with sni-only and minimumProtocolVersion TLSv1.2_2021 or later.",
  kinds: ["aws:cloudfront/Distribution"],
  check({ props }, { found }) {
    const certificate = props.viewerCertificate ?? {};
    if (!isGiven(certificate, "acmCertificateArn") && !isGiven(certificate, "iamCertificateId")) {
      found("has no certificate of its own", "viewerCertificate");
    } else {
      const version = certificate.minimumProtocolVersion ?? "TLSv1";
      if (!isEnough(version)) found(`speaks ${version}`, "viewerCertificate.minimumProtocolVersion");
      if (certificate.sslSupportMethod !== "sni-only") {
        found("does not tell clients apart by name", "viewerCertificate.sslSupportMethod");
      }
    }
    if (isOn(certificate.cloudfrontDefaultCertificate) && list(props.aliases).length > 0) {
      found(
        "shows CloudFront's certificate for its own names",
        "viewerCertificate.cloudfrontDefaultCertificate",
      );
    }
    for (const [path, behavior] of behaviorsOf(props)) {
      const protocol = behavior?.viewerProtocolPolicy;
      if (protocol !== "redirect-to-https" && protocol !== "https-only") {
        found("answers plain HTTP", `${path}.viewerProtocolPolicy`);
      }
    }
  },
});

/** `TLSv1.2_2021`, `TLSv1.2_2025`, `TLSv1.3_2025`. */
function isEnough(version: string): boolean {
  const [, minor, year] = /^TLSv1\.(\d)_(\d{4})$/.exec(version) ?? [];
  return Number(minor) >= 2 && Number(year) >= 2021;
}
