// The library: everything that other stacks import, and that other languages see through the component host.

export { type AlarmArgs, AlarmChoice, type AlarmSpec } from "./alarms.ts";
export type { Grant, GrantedConnection, PolicyStatement } from "./grants.ts";
export {
  Exposure,
  type IngressArgs,
  type LoadBalancerArgs,
  type LoadBalancerLogArgs,
  type LoadBalancerReference,
  TlsPolicy,
} from "./load-balancer/args.ts";
export { LoadBalancer } from "./load-balancer/load-balancer.ts";
export {
  Egress,
  type ExistingNetworkArgs,
  type FlowLogArgs,
  type NatInstanceArgs,
  type NetworkArgs,
  type NetworkReference,
  type NetworkUses,
  type TierArgs,
  TierKind,
} from "./network/args.ts";
export { Network } from "./network/network.ts";
export type { Overrides } from "./overrides.ts";
export type { WafArgs } from "./waf/rules.ts";
