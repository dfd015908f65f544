import { servePack } from "./pack.ts";
import manifest from "./package.json" with { type: "json" };
import { rules } from "./rules/index.ts";

// The pack that the engine runs: by `--policy-pack policies`, or by the executable of our launcher. It is no TypeScript,
// because Pulumi's own loader compiles an entry that is; what this imports Node reads itself.
servePack(
  {
    name: "roost",
    version: manifest.version,
    displayName: "Roost",
    description: "Infrastructure on AWS, Azure and Kubernetes as Roost means it to be",
  },
  rules,
);
