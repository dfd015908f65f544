import { readFileSync } from "node:fs";
import { type Facts, quickScript, readFacts } from "../../../host-provisioning/facts/index.ts";
import {
  draftReset,
  type ProfileName,
  planReset,
  type ResetPlan,
  readSurvey,
  type Survey,
  surveyScript,
} from "../../../host-provisioning/reset/index.ts";
import type { Rehearsal } from "../../../host-provisioning/undo/index.ts";
import { TestHost } from "../../support/test-host.ts";
import { planDraft } from "../undo/planning.ts";

const script = readFileSync(new URL("./lived-in.sh", import.meta.url), "utf8");
const mark = "0123456789abcdef";
/** Of what the shared tree keeps; the large ones last. */
const pool = ["nginx-light", "redis-server", "cron", "tmux", "zsh", "git"];

/** What a seed chooses, at least one. @param most how many of the pool may be chosen from. Default: all. */
export function packageSet(seed: number, most = pool.length): string[] {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const chosen = pool.slice(0, most).filter(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 < 0.5;
  });
  return chosen.length > 0 ? chosen : [pool[seed % most] as string];
}

/** A host with packages and with whatever people leave behind. */
export async function livedIn(seed: number, packages: string[], release?: string): Promise<TestHost> {
  const host = await TestHost.create({ release });
  await host.offerPackages();
  await host.install(...packages);
  await host.do(script, [String(seed)]);
  return host;
}

export interface PlannedReset {
  plan: ResetPlan;
  rehearsal: Rehearsal;
  script: string;
}

/** Plans a profile as the platform does: by a scan, a survey and a rehearsal. The packages to install from stay. */
export async function planProfile(
  host: TestHost,
  profile: ProfileName,
  options: { id?: string; confirmSeconds?: number } = {},
): Promise<PlannedReset> {
  const facts = readFacts(await host.do(quickScript(mark)), mark) as Facts;
  const survey = readSurvey((await host.run(surveyScript(mark))).stdout, mark) as Survey;
  const paths = { include: [], exclude: ["/srv/pool"] };
  const plan = planReset(facts, survey, { profile, packages: { include: [], exclude: [] }, paths });
  return { plan, ...(await planDraft(host, draftReset(plan.work), options)) };
}

/** Bytes on the disk of files and links, each inode once. */
export async function allocatedBytes(host: TestHost): Promise<number> {
  const listing = await host.do(
    "find / -xdev -path /var/lib/roost -prune -o \\( -type f -o -type l \\) -printf '%b %i\\n'",
  );
  const blocks = new Map(
    listing
      .trim()
      .split("\n")
      .map((line) => line.split(" ").reverse() as [string, string]),
  );
  return [...blocks.values()].reduce((sum, each) => sum + Number(each) * 512, 0);
}
