import { servePack } from "roost/policies/pack.ts";
import names from "./package.json" with { type: "json" };
import { rules } from "./rules.ts";

servePack(names, rules);
