import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import type { Parts } from "./backend.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { resolver } from "./endings.ts";
import { findFaults } from "./integrity.ts";
import { secretsOwner, withoutAddress } from "./server-address.ts";

/**
 * A state that somebody brings, in the form in which it is stored.
 * @throws invalid with every rule that it breaks: the engine could not read it again.
 */
export async function acceptImport(
  { store }: Parts,
  principal: Principal,
  own: { stackId: string; names: { project: string; stack: string } },
  given: Checkpoint,
): Promise<Checkpoint> {
  const faults = findFaults(given);
  if (faults.length > 0) {
    throw new RoostError(
      "invalid",
      `The state is not valid: ${faults.map((fault) => fault.message).join(" ")}`,
      {
        faults: faults.map((fault) => ({ field: "deployment.resources", message: fault.message })),
      },
    );
  }
  const owner = secretsOwner(given);
  const names = { organization: principal.organizationName, ...own.names };
  const ownerIdOf = await resolver(
    { stackId: own.stackId, names },
    owner ? [owner] : [],
    async (_organization, project, stack) => {
      const found = await store.findStack(principal.organizationId, project, stack);
      return found?.id;
    },
  );
  return withoutAddress(given, ownerIdOf);
}
