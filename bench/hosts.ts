/**
 * Scans of a minimal host on this machine, beside Ansible's; of 200 hosts; changes of a host of its own and the way back.
 *
 *   npm run bench -- hosts [--only scan,fleet,undo,resets,kills] [--sets 20] [--seed 1] [--hosts 200]
 *                          [--release trixie] [--minutes 60] [--resume]
 *
 * Each part writes its rows as soon as it has them. Rounds of undo, resets and kills are kept in
 * bench/results/hosts.jsonl: --minutes lets none begin after that time, --resume goes on where it was.
 * Needs root for the hosts of its own; ansible-core comes from Debian's archive, into a file tree of its own.
 *
 * scan: facts, scan_warm_ms, scan_cold_ms: quick scan, read into facts, over an open connection and with a login; medians.
 *   ansible_ratio: `ansible -m setup` with its default settings over a quick scan, both warm, in turn.
 *   full_scan_s, full_scan_checks: a full scan, median, and the checks that it could decide.
 * fleet: fleet_first_s, fleet_200_s: quick scans of so many hosts by one server, at first contact and over open
 *   connections (median, for 200 hosts); fleet_refused: hosts that were not scanned, over all rounds; fleet_memory_*:
 *   the server's resident memory before, after the first round, and what five more add.
 * undo: plan_s, apply_s, undo_s, undo_s_per_50mb: rehearsal, change and way back of random sets of packages, in the
 *   host itself; undo_differences: facts of files that are other than before, over all sets.
 * resets: profile_resets … profile_bytes_off_percent: the four profiles on hosts that people have used, one for each
 *   set; paths and bytes that the preview told wrongly, and facts of files that are other after the way back.
 * kills: kill_rounds, kills_between: script, connection, provider and control plane killed at each state of the journal, there
 *   and back; how often the host was neither as before nor as after.
 * --release: scan, undo and resets on another release than this machine's, such as trixie, made in a minute; the rows
 *   are then those of bench/results/hosts-trixie.json.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fleet } from "./hosts/fleet.ts";
import { killRows } from "./hosts/kills.ts";
import { profileRows } from "./hosts/profiles.ts";
import { Rounds } from "./hosts/rounds.ts";
import { scanRows } from "./hosts/scans.ts";
import { undoRows } from "./hosts/undo.ts";
import { type Row, report } from "./report.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    sets: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    hosts: { type: "string", default: "200" },
    release: { type: "string" },
    minutes: { type: "string", default: "60" },
    resume: { type: "boolean", default: false },
  },
});
const { release } = values;
const sets = { sets: Number(values.sets), seed: Number(values.seed), ...(release && { release }) };
const name = release ? `hosts-${release}` : "hosts";
const history = fileURLToPath(new URL(`./results/${name}.jsonl`, import.meta.url));
const rounds = new Rounds(history, { resume: values.resume, minutes: Number(values.minutes) });

const parts: Record<string, () => Promise<Row[]>> = {
  scan: () => scanRows(release),
  fleet: () => fleet(Number(values.hosts)),
  undo: () => undoRows(rounds, sets),
  resets: () => profileRows(rounds, sets),
  kills: () => killRows(rounds),
};
const chosen = values.only?.split(",") ?? Object.keys(parts);
for (const part of chosen)
  if (!parts[part]) throw new Error(`--only: ${part} is none of ${Object.keys(parts)}.`);

let isMet = true;
for (const part of chosen) {
  const rows = (await parts[part]?.()) ?? [];
  if (rows.length > 0) isMet = report(name, rows, { isPart: true }) && isMet;
}
process.exitCode = isMet ? 0 : 1;
