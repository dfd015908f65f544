import { draftReset, type Work } from "../../../host-provisioning/reset/index.ts";
import {
  actionOf,
  actionScript,
  type Draft,
  type Rehearsal,
  readRehearsal,
} from "../../../host-provisioning/undo/index.ts";
import type { TestHost } from "../../support/test-host.ts";

export const nothing: Work = {
  ...{ packages: [], units: [], deletes: [], empties: [], templates: [] },
  ...{ reinstalls: [], users: [], hasNewMachineId: false, hostKeys: [] },
};

interface Options {
  id?: string;
  confirmSeconds?: number;
}

/** Rehearses a reset on a host, and gives the script that carries it out. */
export function plan(host: TestHost, work: Partial<Work>, options?: Options) {
  return planDraft(host, draftReset({ ...nothing, ...work }), options);
}

/** The same for any action. */
export async function planDraft(
  host: TestHost,
  draft: Draft,
  { id = "rst_1", confirmSeconds = 0 }: Options = {},
): Promise<{ rehearsal: Rehearsal; script: string }> {
  const { code, stdout, stderr } = await host.run(actionScript(actionOf(id, draft)), ["rehearse"]);
  if (code !== 0) throw new Error(`the rehearsal ended with ${code}: ${stderr}`);
  const rehearsal = readRehearsal(stdout);
  if (!rehearsal) throw new Error("the rehearsal cannot be read");
  return { rehearsal, script: actionScript(actionOf(id, draft, rehearsal, { confirmSeconds })) };
}
