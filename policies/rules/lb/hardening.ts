import { resourceRule } from "../../rule.ts";
import { isOn, isProduction, productionConfig } from "../../values.ts";

export const lbHardening = resourceRule({
  id: "lb-hardening",
  title: "Load balancers drop malformed headers, keep logs, and in production are not deleted by mistake",
  severity: "medium",
  level: "mandatory",
  frameworks: [
    "FSBP ELB.4",
    "FSBP ELB.5",
    "FSBP ELB.6",
    "FSBP ELB.12",
    "CT CT.ELB.PR.3",
    "CT CT.ELB.PR.4",
    "CT CT.ELB.PR.5",
    "CT CT.ELB.PR.6",
    "CKV CKV_AWS_91",
    "CKV CKV_AWS_131",
    "CKV CKV_AWS_150",
    "CKV CKV_AWS_328",
  ],
  remediation:
    "Set dropInvalidHeaderFields, desyncMitigationMode defensive or strictest, accessLogs, and enableDeletionProtection.",
  kinds: ["aws:lb/LoadBalancer"],
  config: productionConfig,
  check(balancer, { found, config }) {
    const { props } = balancer;
    const isApplication = (props.loadBalancerType ?? "application") === "application";
    if (isApplication && !isOn(props.dropInvalidHeaderFields)) {
      found("passes malformed headers on", "dropInvalidHeaderFields");
    }
    if (isApplication && props.desyncMitigationMode === "monitor") {
      found("lets requests through that servers may read in two ways", "desyncMitigationMode");
    }
    if (!isOn(props.accessLogs?.enabled)) found("keeps no access log", "accessLogs.enabled");
    if (isProduction(balancer, config) && !isOn(props.enableDeletionProtection)) {
      found("can be deleted by mistake", "enableDeletionProtection");
    }
  },
});
