import { expect, it } from "@jest/globals";
import { newTemplate } from "../../../automation-api/templates/contract.ts";
import { type TargetAbilities, templateFaults } from "../../../automation-api/templates/domain.ts";

const abilities: TargetAbilities = {
  process: { isolates: false, exposed: "nft is not installed" },
  docker: { isolates: true },
  ecs: { missing: "ROOST_ECS_CLUSTER names no cluster", isolates: false },
};
const faultsOf = (fields: Record<string, unknown>) => {
  const workload = { command: ["/bin/true"] };
  const template = newTemplate.parse({ name: "desk", workload, ...fields });
  return templateFaults(template, [], abilities, ["registry.example.com/"]);
};

it("refuses required isolation where there is none, and says why", () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ isolation: "required" })).toEqual([
    {
      field: "isolation",
      message: "the target process cannot keep sessions apart here: nft is not installed",
    },
  ]);
  const image = `registry.example.com/desk@sha256:${"0".repeat(64)}`;
  expect(faultsOf({ isolation: "required", target: "docker", workload: { image } })).toEqual([]);
});
