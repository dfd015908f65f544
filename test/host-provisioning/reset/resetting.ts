import {
  type Rehearsal,
  readRehearsal,
  resetAction,
  type Work,
} from "../../../host-provisioning/reset/index.ts";
import { actionScript } from "../../../host-provisioning/undo/index.ts";
import type { TestHost } from "../../support/test-host.ts";

export const nothing: Work = { packages: [], units: [], deletes: [], empties: [], templates: [] };

/** Rehearses a reset on a host, and gives the script that carries it out. */
export async function plan(
  host: TestHost,
  work: Partial<Work>,
  { id = "rst_1", confirmSeconds = 0 }: { id?: string; confirmSeconds?: number } = {},
): Promise<{ rehearsal: Rehearsal; script: string }> {
  const whole = { ...nothing, ...work };
  const { code, stdout, stderr } = await host.run(actionScript(resetAction(id, whole)), ["rehearse"]);
  if (code !== 0) throw new Error(`the rehearsal ended with ${code}: ${stderr}`);
  const rehearsal = readRehearsal(stdout);
  if (!rehearsal) throw new Error("the rehearsal cannot be read");
  return { rehearsal, script: actionScript(resetAction(id, whole, rehearsal, { confirmSeconds })) };
}
