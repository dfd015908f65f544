import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { LOG_BUCKET_ROLE } from "../log-bucket.ts";
import { checkRetention } from "../logs.ts";
import { parseCidr } from "../network/cidr-plan.ts";
import { unknownRoles } from "../overrides.ts";
import { checkPlace } from "../regions.ts";
import { checkWaf } from "../waf/rules.ts";
import { WAF_ROLES } from "../waf/web-acl.ts";
import { Exposure, type LoadBalancerArgs, TlsPolicy } from "./args.ts";

/** Roles of the children, for `overrides`. */
export const LOAD_BALANCER_ROLES = [
  "loadBalancer",
  "securityGroup",
  "ingressRule",
  "listener",
  "redirectListener",
  "testListener",
  LOG_BUCKET_ROLE,
  ALARM_ROLE,
  ...WAF_ROLES,
] as const;

/** Everything that is wrong with a load balancer's arguments. Certificates are judged where they are used. */
export function checkLoadBalancer(args: LoadBalancerArgs): Fault[] {
  const { idleTimeoutSeconds, testPort, ingress } = args;
  return [
    ...unknownRoles(args.overrides, LOAD_BALANCER_ROLES),
    ...oneOf("exposure", args.exposure, Exposure),
    ...checkPlace(args),
    ...checkSubnets(args),
    ...(args.tlsPolicy === undefined ? [] : oneOf("tlsPolicy", args.tlsPolicy, TlsPolicy)),
    ...(idleTimeoutSeconds === undefined
      ? []
      : wholeNumber("idleTimeoutSeconds", idleTimeoutSeconds, 1, 4000, "seconds")),
    ...(testPort === undefined ? [] : checkTestPort(testPort)),
    ...(ingress?.cidrs ?? []).flatMap((cidr, at) =>
      parseCidr(cidr)
        ? []
        : [{ field: `ingress.cidrs[${at}]`, value: cidr, allowed: "an IPv4 range such as 10.0.0.0/8" }],
    ),
    ...checkWaf(args.waf),
    ...checkRetention("waf.retentionDays", args.waf?.retentionDays),
    ...(args.logs?.retentionDays === undefined
      ? []
      : wholeNumber("logs.retentionDays", args.logs.retentionDays, 1, 3653, "days")),
    ...checkAlarms(args.alarms),
  ];
}

/** Subnets that are known already; outputs are left to AWS. */
function checkSubnets({ exposure, network }: LoadBalancerArgs): Fault[] {
  const { publicSubnetIds } = network;
  return exposure === Exposure.public && Array.isArray(publicSubnetIds) && publicSubnetIds.length === 0
    ? [
        {
          field: "network.publicSubnetIds",
          value: [],
          allowed: "subnets of two zones, when exposure is public",
        },
      ]
    : [];
}

function checkTestPort(port: number): Fault[] {
  const allowed = "a port from 1 to 65535 other than 80 and 443";
  return port === 80 || port === 443 || wholeNumber("testPort", port, 1, 65535).length > 0
    ? [{ field: "testPort", value: port, allowed }]
    : [];
}
