import { Policy } from "@pulumi/aws/iam/policy.js";
import { documentText } from "../components/document.ts";
import { policyDocument } from "../components/grants.ts";
import type { Grant } from "../components/index.ts";

/** A managed policy of a grant, for an identity that other stacks or people make: a CI's role, a publisher's. */
export function makeDeployPolicy(name: string, grant: Grant, tags: Record<string, string>): Policy {
  return new Policy(name, {
    description: `What ${grant.name} allows`,
    policy: documentText(name, "policy", policyDocument(grant.statements ?? [])),
    tags,
  });
}
