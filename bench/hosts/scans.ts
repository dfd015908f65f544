import { readPrivateKey } from "../../automation-api/credentials/ssh-key.ts";
import { HostConnections } from "../../automation-api/hosts/service.ts";
import {
  countFacts,
  type Facts,
  marked,
  Probe,
  quickScript,
  readFacts,
} from "../../host-provisioning/facts/index.ts";
import {
  assembleSecurity,
  type StepName,
  type StepResult,
  steps,
} from "../../host-provisioning/security/index.ts";
import { startSshd } from "../../test/plugins/command/sshd.ts";
import { TestHost } from "../../test/support/test-host.ts";
import { median } from "../deploy/statistics.ts";
import type { Row } from "../report.ts";
import { type Ansible, type AnsibleTarget, openAnsible } from "./ansible.ts";
import { medianMs } from "./timing.ts";

type Target = Parameters<HostConnections["run"]>[0];

const mark = "0123456789abcdef0123456789abcdef";
const capBytes = 16 * 1024 * 1024;
const warmScans = 30;
const coldScans = 10;
const ansibleTurns = 5;

/** Quick scans of this machine, and `ansible -m setup` of it in turn. */
export async function quickScans(): Promise<Row[]> {
  const { port, user, hostKeys, keys, stop } = await startSshd();
  const login = { hostKey: hostKeys.ed25519.trim(), privateKey: keys.ed25519 };
  const publicKey = readPrivateKey(keys.ed25519, "privateKey").line;
  const target: Target = {
    ...{ id: "hst_bench", name: "loopback", address: "127.0.0.1", port, user },
    ...{ hostKey: login.hostKey, login: { privateKey: login.privateKey, publicKey } },
  };
  const connections = new HostConnections();
  try {
    const facts = countFacts(await quickScan(connections, target));
    const warm = await medianMs(warmScans, () => quickScan(connections, target));
    const cold = await medianMs(coldScans, async () => {
      const own = new HostConnections();
      await quickScan(own, target).finally(() => own.close());
    });
    return [
      { metric: "facts", value: facts, unit: "count", goal: { atLeast: 4000 } },
      { metric: "scan_warm_ms", value: warm, unit: "ms", goal: { atMost: 40 } },
      { metric: "scan_cold_ms", value: cold, unit: "ms", goal: { atMost: 220 } },
      ...(await besideAnsible({ port, user, ...login }, () => quickScan(connections, target))),
    ];
  } finally {
    await connections.close();
    await stop();
  }
}

/** Both warm, and in turn, so that whatever else the machine does meets both. */
async function besideAnsible(target: AnsibleTarget, scan: () => Promise<unknown>): Promise<Row[]> {
  let ansible: Ansible;
  try {
    ansible = await openAnsible(target);
  } catch (error) {
    console.log(`ansible_ratio is left out, since ansible-core could not be installed: ${error}`);
    return [];
  }
  try {
    await ansible.setup();
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < ansibleTurns; turn++) {
      theirs.push(await medianMs(1, () => ansible.setup()));
      ours.push(await medianMs(5, scan));
    }
    const ratio = median(theirs) / median(ours);
    return [
      { metric: "ansible_setup_ms", value: median(theirs), unit: "ms" },
      { metric: "ansible_ratio", value: ratio, unit: "x", goal: { atLeast: 20 } },
    ];
  } finally {
    await ansible.close();
  }
}

/** All that a full scan asks of a minimal host of its own, and what can be judged of it. */
export async function fullScans(release?: string): Promise<Row[]> {
  const host = await TestHost.create({ release });
  const connections = new HostConnections();
  try {
    const { port, hostKey, privateKey } = await host.startSshd();
    const publicKey = readPrivateKey(privateKey, "privateKey").line;
    const target: Target = {
      ...{ id: "hst_full", name: "minimal", address: "127.0.0.1", port, user: "root" },
      ...{ hostKey, login: { privateKey, publicKey } },
    };
    let decided = 0;
    const full = await medianMs(3, async () => {
      const facts = await quickScan(connections, target);
      const results = await Promise.all(
        steps.map(async ({ name, text }) => {
          const began = performance.now();
          const probe = new Probe(await run(connections, target, marked(text, mark)), mark);
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

async function quickScan(connections: HostConnections, target: Target): Promise<Facts> {
  const facts = readFacts(await run(connections, target, quickScript(mark)), mark);
  if (!facts) throw new Error("The scan did not come to its end.");
  return facts;
}

async function run(connections: HostConnections, target: Target, script: string): Promise<string> {
  const { stdout } = await connections.run(target, { script, deadlineMs: 120_000, capBytes });
  return stdout.toString("utf8");
}
