import type { Fault } from "../faults.ts";
import { parseCidr } from "../network/cidr-plan.ts";

/** Fault of a name that Kubernetes would refuse: lower case, digits, hyphens (RFC 1123), at most 63 characters. */
export function checkName(field: string, name: string | undefined, longest = 63): Fault[] {
  if (name !== undefined && name.length <= longest && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) return [];
  return [
    {
      field,
      value: name,
      allowed: `lower case letters, digits and inner hyphens, at most ${longest} characters`,
    },
  ];
}

/** Faults of IPv4 ranges such as `10.0.32.0/20`. */
export function checkRanges(field: string, ranges: readonly string[]): Fault[] {
  return ranges.flatMap((range, at) =>
    parseCidr(range)
      ? []
      : [{ field: `${field}[${at}]`, value: range, allowed: "an IPv4 range such as 10.0.32.0/20" }],
  );
}
