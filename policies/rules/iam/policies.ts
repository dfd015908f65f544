import type { Props, Resource } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { list } from "../../values.ts";

/** Documents of every policy that a role has: inline, separate, and attached from this stack. */
export function policiesOf(role: Resource, stack: Stack): Props[] {
  const attachments = [
    ...stack.pointingAt(role, "aws:iam/RolePolicyAttachment", "role"),
    ...stack.pointingAt(role, "aws:iam/PolicyAttachment", "roles"),
  ];
  const policies = [
    ...stack.pointingAt(role, "aws:iam/RolePolicy", "role"),
    ...attachments.flatMap((each) => stack.targets(each, "policyArn", "aws:iam/Policy")),
    ...stack.targets(role, "managedPolicyArns", "aws:iam/Policy"),
  ];
  return [...list(role.props.inlinePolicies), ...policies.map(({ props }) => props)].map(
    ({ policy }) => policy,
  );
}

/** The documents that a resource holds itself, and where. */
export function documentsOf({ kind, props }: Resource): [path: string, document: Props][] {
  if (kind !== "aws:iam/Role") return "policy" in props ? [["policy", props.policy]] : [];
  return list(props.inlinePolicies).map(({ policy }, n) => [`inlinePolicies.${n}.policy`, policy]);
}
