import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Facts, quickScript, readFacts } from "../../../host-provisioning/facts/index.ts";
import {
  classifyPackages,
  type PackageClass,
  packageClasses,
  readSurvey,
  type Survey,
  surveyScript,
} from "../../../host-provisioning/reset/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";

/** What a person would say of them; all else that is asked for below is labelled by how it came. */
const written: Record<string, PackageClass> = {
  "nginx-light": "app",
  "redis-server": "app",
  cron: "app",
  git: "user",
  tmux: "user",
  zsh: "user",
};
const mark = "0123456789abcdef";
/** As machines are some weeks later: much of the base has been unpacked again. */
const upgraded = `cd /var/lib/dpkg/info
for name in attr dbus iproute2 procps sudo; do touch "$name".list; done
printf '%s\\n' '' 'Start-Date: 2026-01-01  06:00:00' 'Commandline: /usr/bin/unattended-upgrade' \\
  'Upgrade: attr:amd64 (1, 2), dbus:amd64 (1, 2), iproute2:amd64 (1, 2), procps:amd64 (1, 2), sudo:amd64 (1, 2)' \\
  'End-Date: 2026-01-01  06:00:01' >>/var/log/apt/history.log`;
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

(reasonWithoutTestHosts() ? describe.skip : describe)("what packages are there for", () => {
  let host: TestHost;
  let facts: Facts;
  let survey: Survey;
  let labels: Map<string, PackageClass>;

  beforeAll(async () => {
    host = await TestHost.create();
    const installed = async () => (await host.do("dpkg-query -W -f '$" + "{Package}\\n'")).trim().split("\n");
    const base = await installed();
    for (const name of Object.keys(written)) await host.install(name);
    const labelOf = (name: string) => written[name] ?? (base.includes(name) ? "system" : "auto");
    labels = new Map((await installed()).map((name) => [name, labelOf(name)]));
    await host.do(upgraded);
    facts = readFacts(await host.do(quickScript(mark)), mark) as Facts;
    survey = readSurvey((await host.run(surveyScript(mark))).stdout, mark) as Survey;
  }, 240_000);
  afterAll(() => host.close());

  it("is told with a macro F1 of at least 0.95, on halves of the labelled set that seeds hold out", () => {
    const found = classifyPackages(facts, survey);
    const all = [...labels].map(([name, label]) => ({ name, label, found: found[name]?.class }));
    for (const seed of seeds) {
      const part = all.filter(({ name }) => isHeldOut(name, seed));
      expect(part.length).toBeGreaterThan(all.length / 4);
      const scores = packageClasses
        .filter((each) => part.some(({ label }) => label === each))
        .map((each) => f1(part, each));
      expect(scores.reduce((sum, one) => sum + one, 0) / scores.length).toBeGreaterThanOrEqual(0.95);
    }
  });

  it("is told with reasons, by rules that know no name of a package that is not the machine's own", () => {
    const found = classifyPackages(facts, survey);
    for (const { reasons, score } of Object.values(found)) {
      expect(reasons.length).toBeGreaterThan(0);
      expect(score).toBeGreaterThan(0);
    }
    expect(found["nginx-light"]?.reasons).toEqual(["Somebody asked apt for it.", "Its section is httpd."]);
    const rules = readFileSync(
      new URL("../../../host-provisioning/reset/classify.ts", import.meta.url),
      "utf8",
    );
    const others = [...labels].flatMap(([name, label]) => (label === "system" ? [] : [name]));
    expect(others.length).toBeGreaterThan(20);
    expect(others.filter((name) => rules.split(/[^a-z0-9+.-]+/).includes(name))).toEqual([]);
  });

  it("a survey that is cut, or is another's, is none", async () => {
    const { stdout } = await host.run(surveyScript(mark));
    expect(readSurvey(stdout.subarray(0, -1), mark)).toBeUndefined();
    expect(readSurvey(stdout, mark.replace("0", "1"))).toBeUndefined();
    expect(survey.files.find(({ path }) => path === "/etc/hostname")?.class).toBe("setting");
    expect(survey.owners["/etc/bash.bashrc"]).toEqual(["bash"]);
    expect(survey.owners["/etc/hostname"]).toBeUndefined();
  }, 60_000);
});

function isHeldOut(name: string, seed: number): boolean {
  return (createHash("sha256").update(`${seed} ${name}`).digest()[0] as number) % 2 === 0;
}

function f1(part: { label: PackageClass; found?: PackageClass }[], of: PackageClass): number {
  const right = part.filter(({ label, found }) => label === of && found === of).length;
  const wrong = part.filter(({ label, found }) => (label === of) !== (found === of)).length;
  return (2 * right) / (2 * right + wrong);
}
