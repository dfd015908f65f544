/**
 * Scans of a loopback host, beside Ansible's where it is installed; resets of a host of its own and the way back.
 *
 *   npm run bench -- hosts [--sets 20] [--seed 1] [--hosts 200] [--release trixie]
 *
 * scan_warm_ms, scan_cold_ms: quick scan, read into facts, over an open connection and with a login; medians.
 * ansible_ratio: `ansible -m setup` with its default settings, warm, over scan_warm_ms.
 * full_scan_s, full_scan_checks: a full scan of a minimal host of its own, median, and the checks that it could decide.
 * plan_s, apply_s, undo_s_per_50mb: rehearsal, change and way back of random sets of packages, in the host itself.
 * fleet_first_s, fleet_200_s: quick scans of so many hosts by one server, at first contact and over open connections
 *   (median, for 200 hosts); fleet_refused: hosts that were not scanned, over all rounds; fleet_memory_*: the server's
 *   resident memory before, after the first round, and what five more add.
 * reset_differences: facts of files that are other than before, over all sets.
 * --release: the profiles on another release of Debian than this machine's, such as trixie; made in a minute.
 * profile_resets … profile_bytes_off_percent: the four profiles on hosts that people have used, one for each set;
 * paths and bytes that the preview told wrongly, and facts of files that are other after the way back.
 * kill_rounds, kills_between: connection, provider and control plane killed at each state of the journal, there and
 * back; how often the host was neither as before nor as after.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { readPrivateKey } from "../automation-api/credentials/ssh-key.ts";
import { HostConnections } from "../automation-api/hosts/service.ts";
import { countFacts, marked, Probe, quickScript, readFacts } from "../host-provisioning/facts/index.ts";
import {
  assembleSecurity,
  type StepName,
  type StepResult,
  steps,
} from "../host-provisioning/security/index.ts";
import { freedBytes, undoScript } from "../host-provisioning/undo/index.ts";
import { plan } from "../test/host-provisioning/undo/planning.ts";
import { type Sshd, startSshd } from "../test/plugins/command/sshd.ts";
import { differences, TestHost } from "../test/support/test-host.ts";
import { programPath } from "../toolchain/suites/possible.mjs";
import { fleet } from "./hosts/fleet.ts";
import { killRows } from "./hosts/kills.ts";
import { profileRows } from "./hosts/profiles.ts";
import { type Row, report } from "./report.ts";

const { values } = parseArgs({
  options: {
    sets: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    hosts: { type: "string", default: "200" },
    release: { type: "string" },
  },
});
const megabytes50 = 50 * 1024 * 1024;
const mark = "0123456789abcdef0123456789abcdef";
const pool = ["nginx-light", "redis-server", "zsh", "git", "cron", "tmux"];

const sshd = await startSshd();
const rows: Row[] = [];
try {
  rows.push(...(await scans(sshd)));
} finally {
  await sshd.stop();
}
rows.push(...(await fleet(Number(values.hosts))));
rows.push(...(await fullScans()));
rows.push(...(await resets(Number(values.sets), Number(values.seed))));
rows.push(...(await profileRows(Number(values.sets), Number(values.seed), values.release)));
rows.push(...(await killRows()));
process.exitCode = report("hosts", rows) ? 0 : 1;

async function scans({ port, user, hostKeys, keys }: Sshd): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "roost-bench-"));
  const key = path.join(folder, "key");
  writeFileSync(key, keys.ed25519, { mode: 0o600 });
  const publicKey = execFileSync("ssh-keygen", ["-y", "-f", key], { encoding: "utf8" }).trim();
  const target = {
    ...{ id: "hst_bench", name: "loopback", address: "127.0.0.1", port, user },
    ...{ hostKey: hostKeys.ed25519.trim(), login: { privateKey: keys.ed25519, publicKey } },
  };
  const scan = async (connections: HostConnections): Promise<number> => {
    const { stdout } = await connections.run(target, {
      script: quickScript(mark),
      capBytes: 16 * 1024 * 1024,
    });
    const facts = readFacts(stdout.toString("utf8"), mark);
    if (!facts) throw new Error("The scan did not come to its end.");
    return countFacts(facts);
  };
  const connections = new HostConnections();
  try {
    const facts = await scan(connections);
    const warm = await median(30, () => scan(connections));
    const cold = await median(10, async () => {
      const own = new HostConnections();
      await scan(own).finally(() => own.close());
    });
    const found: Row[] = [
      { metric: "facts", value: facts, unit: "count", goal: { atLeast: 4000 } },
      { metric: "scan_warm_ms", value: warm, unit: "ms", goal: { atMost: 40 } },
      { metric: "scan_cold_ms", value: cold, unit: "ms", goal: { atMost: 220 } },
    ];
    const ansible = programPath("ansible");
    if (ansible === undefined) {
      console.log("ansible is not installed: ansible_ratio is left out (apt-get install ansible-core)");
      return found;
    }
    const known = path.join(folder, "known");
    writeFileSync(known, `[127.0.0.1]:${port} ${target.hostKey}\n`);
    const inventory = path.join(folder, "inventory");
    const login = `ansible_port=${port} ansible_user=${user} ansible_ssh_private_key_file=${key}`;
    writeFileSync(inventory, `127.0.0.1 ${login} ansible_ssh_common_args='-o UserKnownHostsFile=${known}'\n`);
    const setup = async () =>
      void execFileSync(ansible, ["-i", inventory, "-m", "setup", "all"], {
        maxBuffer: 64 * 1024 * 1024,
        stdio: "pipe",
      });
    await setup();
    const other = await median(5, setup);
    return [...found, { metric: "ansible_ratio", value: other / warm, unit: "x", goal: { atLeast: 20 } }];
  } finally {
    await connections.close();
    rmSync(folder, { recursive: true });
  }
}

async function fullScans(): Promise<Row[]> {
  const host = await TestHost.create();
  const connections = new HostConnections();
  try {
    const { port, hostKey, privateKey } = await host.startSshd();
    const publicKey = readPrivateKey(privateKey, "privateKey").line;
    const target = {
      ...{ id: "hst_full", name: "minimal", address: "127.0.0.1", port, user: "root" },
      ...{ hostKey, login: { privateKey, publicKey } },
    };
    const run = async (script: string, deadlineMs = 120_000) => {
      const { stdout } = await connections.run(target, { script, deadlineMs, capBytes: 16 * 1024 * 1024 });
      return stdout.toString("utf8");
    };
    let decided = 0;
    const full = await median(3, async () => {
      const facts = readFacts(await run(quickScript(mark)), mark);
      if (!facts) throw new Error("The scan did not come to its end.");
      const results = await Promise.all(
        steps.map(async ({ name, text }) => {
          const began = performance.now();
          const probe = new Probe(await run(marked(text, mark)), mark);
          return [name, { probe, reason: null, milliseconds: performance.now() - began }] as const;
        }),
      );
      const byName = Object.fromEntries(results) as Record<StepName, StepResult>;
      const { counts } = assembleSecurity(facts, byName, { at: new Date() });
      decided = counts.pass + counts.fail;
    });
    return [
      { metric: "full_scan_s", value: full / 1000, unit: "s", goal: { atMost: 10 } },
      { metric: "full_scan_checks", value: decided, unit: "count", goal: { atLeast: 60 } },
    ];
  } finally {
    await connections.close();
    await host.close();
  }
}

async function resets(sets: number, seed: number): Promise<Row[]> {
  const random = generator(seed);
  const sums = { plan: 0, apply: 0, undo: 0, bytes: 0, differences: 0 };
  for (let turn = 0; turn < sets; turn++) {
    const host = await TestHost.create();
    try {
      const before = await host.do("dpkg-query -W -f '$" + "{Package}\\n'");
      const chosen = pool.filter(() => random() < 0.5);
      await host.install(...(chosen.length > 0 ? chosen : pool.slice(0, 1)));
      const after = await host.do("dpkg-query -W -f '$" + "{Package}\\n'");
      const packages = after.split("\n").filter((name) => name && !before.split("\n").includes(name));
      const state = await host.state();
      const [planned, planMs] = await timed(() => plan(host, { packages }));
      const [, applyMs] = await timed(() => host.do(planned.script, ["apply"]));
      const [, undoMs] = await timed(() => host.do(undoScript("rst_1"), ["rollback"]));
      const found = differences(state, await host.state());
      for (const line of found) console.log(`DIFFERENCE ${packages.join(" ")}: ${line}`);
      sums.plan += planMs;
      sums.apply += applyMs;
      sums.undo += undoMs;
      sums.bytes += freedBytes(planned.rehearsal.changes).apparentBytes;
      sums.differences += found.length;
    } finally {
      await host.close();
    }
  }
  return [
    { metric: "reset_sets", value: sets, unit: "count" },
    { metric: "reset_differences", value: sums.differences, unit: "count", goal: { atMost: 0 } },
    { metric: "plan_s", value: sums.plan / sets / 1000, unit: "s" },
    { metric: "apply_s", value: sums.apply / sets / 1000, unit: "s" },
    {
      metric: "undo_s_per_50mb",
      value: (sums.undo / 1000) * (megabytes50 / sums.bytes),
      unit: "s",
      goal: { atMost: 2 },
    },
  ];
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const from = performance.now();
  return [await work(), performance.now() - from];
}

async function median(times: number, work: () => Promise<unknown>): Promise<number> {
  const found: number[] = [];
  for (let turn = 0; turn < times; turn++) found.push((await timed(work))[1]);
  return found.sort((a, b) => a - b)[Math.floor(times / 2)] as number;
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
