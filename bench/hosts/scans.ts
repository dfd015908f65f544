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
import { TestHost } from "../../test/support/test-host.ts";
import { median } from "../deploy/statistics.ts";
import type { Row } from "../report.ts";
import { type Ansible, type AnsibleTarget, installPackages, openAnsible } from "./ansible.ts";
import { medianMs } from "./timing.ts";

type Target = Parameters<HostConnections["run"]>[0];

const mark = "0123456789abcdef0123456789abcdef";
const capBytes = 16 * 1024 * 1024;
const warmScans = 30;
const coldScans = 10;
const ansibleTurns = 5;

/**
 * Quick and full scans of a minimal host that has booted, and `ansible -m setup` of it in turn.
 * @param release of Debian. Default: the machine's own.
 */
export async function scanRows(release?: string): Promise<Row[]> {
  const host = await TestHost.create({ release });
  const connections = new HostConnections();
  try {
    // What Ansible needs of a host; ours needs nothing of it.
    const lack = await installPackages(host, "python3").then(
      () => undefined,
      (error) => `python3 could not be installed: ${error}`,
    );
    await host.boot();
    const login = await host.startSshd();
    const { port, hostKey, privateKey } = login;
    const publicKey = readPrivateKey(privateKey, "privateKey").line;
    const target: Target = {
      ...{ id: "hst_bench", name: "minimal", address: "127.0.0.1", port, user: "root" },
      ...{ hostKey, login: { privateKey, publicKey } },
    };
    const facts = countFacts(await quickScan(connections, target));
    const warm = await medianMs(warmScans, () => quickScan(connections, target));
    const cold = await medianMs(coldScans, async () => {
      const own = new HostConnections();
      await quickScan(own, target).finally(() => own.close());
    });
    if (lack) console.log(`ansible_ratio is left out: ${lack}`);
    return [
      { metric: "facts", value: facts, unit: "count", goal: { atLeast: 4000 } },
      { metric: "scan_warm_ms", value: warm, unit: "ms", goal: { atMost: 40 } },
      { metric: "scan_cold_ms", value: cold, unit: "ms", goal: { atMost: 220 } },
      ...(lack ? [] : await besideAnsible(login, () => quickScan(connections, target))),
      ...(await fullScans(connections, target)),
    ];
  } finally {
    await connections.close();
    await host.close();
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

/** All that a full scan asks, and what can be judged of it. */
async function fullScans(connections: HostConnections, target: Target): Promise<Row[]> {
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
