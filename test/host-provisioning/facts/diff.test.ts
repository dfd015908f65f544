import { describe, expect, it } from "@jest/globals";
import {
  diffFacts,
  type Facts,
  readFacts,
  toMermaid,
  topologyOf,
} from "../../../host-provisioning/facts/index.ts";
import { captured, factsOf } from "./captured.ts";

const changed = (from: string | RegExp, to: string) =>
  readFacts(captured("debian-12-aws").replaceAll(from, to), "MARK") ?? fail();

function fail(): never {
  throw new Error("The capture was spoilt.");
}

describe("the difference of two scans", () => {
  const before = factsOf("debian-12-aws");

  it("is none between a scan and itself", () => {
    expect(diffFacts(before, factsOf("debian-12-aws"))).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["load", "0.20 0.18", "9.99 8.88"],
    ["counters of disks", "nvme0n1 5000", "nvme0n1 6000"],
    ["a process that is new", "/proc/2/status", "/proc/3/status"],
    ["a peer", "08080808:01BB", "09090909:01BB"],
    ["a temperature", "31850", "32850"],
    ["how many use a module", "331776 42", "331776 43"],
    ["the last process id", "ns_last_pid:901", "ns_last_pid:1901"],
  ])("leaves out %s", (_what, from, to) => {
    expect(diffFacts(before, changed(from, to))).toEqual([]);
  });

  it("names what was upgraded and what was set", () => {
    const text = captured("debian-12-aws").replace("0.5.12-2", "0.5.12-3");
    const after = readFacts(text.replace("swappiness:60", "swappiness:10"), "MARK") ?? fail();
    expect(diffFacts(before, after)).toEqual([
      {
        path: ["software", "packages", "dash", "version"],
        kind: "changed",
        before: "0.5.12-2",
        after: "0.5.12-3",
      },
      { path: ["system", "sysctl", "vm.swappiness"], kind: "changed", before: 60, after: 10 },
    ]);
  });

  it("names each port, check and fault by itself that is otherwise, and no age of data", () => {
    const scan = (port: number, outcome: string, ageDays: number) => {
      const judgements = [
        { check: "one", outcome: "pass", seen: [], reason: null },
        { check: "two", outcome, seen: [], reason: null },
      ];
      const vulnerabilities = { findings: [], sources: [{ ageDays }], reason: null, packages: 1 };
      const ports = before.network.ports.map((each, index) => (index === 0 ? { ...each, port } : each));
      const network = { ...before.network, ports };
      return { ...before, network, security: { judgements, vulnerabilities } } as unknown as Facts;
    };
    const [first] = before.network.ports;
    const old = `${first?.protocol}/${first?.port} ${first?.address}`;
    const now = `${first?.protocol}/9 ${first?.address}`;
    const changes = diffFacts(scan(first?.port ?? 0, "pass", 1), scan(9, "fail", 2));
    expect(changes.map(({ path, kind }) => [kind, path.join(" › ")]).sort()).toEqual(
      [
        ["removed", `network › ports › ${old}`],
        ["added", `network › ports › ${now}`],
        ["changed", "security › judgements › two › outcome"],
      ].sort(),
    );
  });

  it("takes a new thing as one change", () => {
    const after = changed("Package: nano", "Package: pico");
    expect(diffFacts(before, after).map(({ path, kind }) => [kind, ...path])).toEqual([
      ["removed", "software", "packages", "nano"],
      ["added", "software", "packages", "pico"],
    ]);
  });
});

describe("the topology", () => {
  it("joins interfaces, networks, gateways, ports and peers to the host", () => {
    const { nodes, edges } = topologyOf(factsOf("debian-12-aws"));
    const label = (id: string) => nodes.find((node) => node.id === id)?.label;
    const lines = edges.map(({ from, to, label: by }) => `${label(from)} -${by}-> ${label(to)}`);
    expect(lines).toEqual([
      "web-1 -ethernet-> ens5 172.31.5.20/20 fe80::8f5:1aff:fe9a:d3b/64",
      "ens5 172.31.5.20/20 fe80::8f5:1aff:fe9a:d3b/64 -via-> 172.31.0.1",
      "172.31.0.1 -route-> everywhere",
      "ens5 172.31.5.20/20 fe80::8f5:1aff:fe9a:d3b/64 -link-> 172.31.0.0/20",
      "web-1 -any-> sshd tcp/22",
      "web-1 -any-> unknown udp/68",
      "web-1 -loopback-> postgres tcp/5432",
      "10.0.0.10 -port 22-> sshd tcp/22",
      "web-1 -port 443-> 8.8.8.8",
    ]);
  });

  it("is a flowchart of Mermaid into which no name of the host can write", () => {
    const named = changed("hostname:web-1", 'hostname:a"]\n  x --> y; click x "javascript:alert(1)"');
    const text = toMermaid(topologyOf(named));
    expect(text.split("\n").slice(0, 2)).toEqual(["flowchart LR", expect.stringMatching(/^ {2}n0\[\["a/)]);
    for (const line of text.trim().split("\n").slice(1))
      expect(line).toMatch(/^ {2}n\d+([[({]+"[^"\n]*"[\])}/]+|\s-->\|"[^"\n]*"\| n\d+|\[\/"[^"\n]*"\/\])$/);
  });
});
