import policy from "@pulumi/policy";
import { toPolicies } from "roost/policies/pack.ts";
import { rules } from "./rules.ts";

new policy.PolicyPack("house", { policies: toPolicies(rules) });
