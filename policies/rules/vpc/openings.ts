import { isGiven } from "../../known.ts";
import type { Props, Resource } from "../../rule.ts";
import { list } from "../../values.ts";

/** What a rule of a security group opens, however it was written. */
export interface Opening {
  direction: "in" | "out";
  /** Networks that it is open to, as they are written. */
  sources: string[];
  /** Input that names lists of networks, where it does. */
  lists?: string;
  /** Every protocol, and so every port whatever the ports say. */
  isAll: boolean;
  from: number;
  to: number;
  description?: string;
  /** Where the rule begins in the inputs of its resource. */
  path: string;
}

/** Groups with inline rules, and each kind of rule by itself. */
export const opening = [
  "aws:ec2/SecurityGroup",
  "aws:ec2/SecurityGroupRule",
  "aws:vpc/SecurityGroupIngressRule",
  "aws:vpc/SecurityGroupEgressRule",
];

export function openingsOf({ kind, props }: Resource): Opening[] {
  if (kind === "aws:ec2/SecurityGroup") {
    return (["ingress", "egress"] as const).flatMap((name) =>
      list(props[name]).map((rule, n) => ({
        ...read(rule, name === "ingress" ? "in" : "out", `${name}.${n}.`),
        ...(list(rule.prefixListIds).length > 0 && { lists: name }),
      })),
    );
  }
  if (kind === "aws:ec2/SecurityGroupRule") {
    return [{ ...read(props, props.type === "egress" ? "out" : "in", ""), lists: "prefixListIds" }];
  }
  const direction = kind === "aws:vpc/SecurityGroupIngressRule" ? "in" : "out";
  const sources = [props.cidrIpv4, props.cidrIpv6].filter((each) => each !== undefined);
  return [{ ...read(props, direction, ""), sources, lists: "prefixListId" }];
}

function read(rule: Props, direction: Opening["direction"], path: string): Opening {
  const protocol = String(rule.protocol ?? rule.ipProtocol);
  return {
    direction,
    sources: [...list(rule.cidrBlocks), ...list(rule.ipv6CidrBlocks)].map(String),
    isAll: protocol === "-1" || protocol === "all",
    from: Number(rule.fromPort ?? 0),
    to: Number(rule.toPort ?? 65535),
    description: isGiven(rule, "description") ? rule.description : undefined,
    path,
  };
}

/** All addresses, or so many that they were all meant: `0.0.0.0/1` and `128.0.0.0/1` are as much as `0.0.0.0/0`. */
export function isWorld(network: string): boolean {
  const [address = "", bits] = network.split("/");
  return Number(bits) < 8 && !/^f[cd]/i.test(address);
}
