import policy from "@pulumi/policy";
import { toPolicies } from "./pack.ts";
import { rules } from "./rules/index.ts";

// The pack that the engine runs: by `--policy-pack policies`, or by the executable of our launcher.
new policy.PolicyPack("roost", {
  displayName: "Roost",
  description: "Infrastructure on AWS, Azure and Kubernetes as Roost means it to be",
  enforcementLevel: "mandatory",
  policies: toPolicies(rules),
});
