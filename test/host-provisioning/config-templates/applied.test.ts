import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { configTemplates, draftConfig, pathsOf } from "../../../host-provisioning/config-templates/index.ts";
import { type Facts, quickScript, readFacts } from "../../../host-provisioning/facts/index.ts";
import { filesScript, readFiles } from "../../../host-provisioning/files/index.ts";
import { undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "../undo/planning.ts";

const mark = "0123456789abcdef";

/** Template, parameters, how its program is asked what is in force, what it answers then, and what runs. */
const cases: [string, Record<string, unknown>, string, string, string][] = [
  [
    "redis",
    { memoryPercent: 5 },
    "redis-cli config get maxmemory-policy | tail -n 1",
    "allkeys-lru",
    "redis-server",
  ],
  [
    "nginx",
    { keepaliveSeconds: 7 },
    "nginx -T 2>/dev/null | sed -n 's/.*keepalive_timeout \\(.*\\);/\\1/p'",
    "7s",
    "nginx",
  ],
  ["limits", {}, "systemctl show --property=DefaultLimitNOFILESoft --value", "65536", "dbus"],
];

(reasonWithoutTestHosts() ? describe.skip : describe)("configuration of programs that run on a host", () => {
  let host: TestHost;
  let facts: Facts;
  const state = async () => (await host.state()).filter((line) => /^\.\/etc\//.test(line));

  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("redis-server", "nginx-light");
    await host.boot();
    facts = readFacts(await host.do(quickScript(mark)), mark) as Facts;
  }, 280_000);
  afterAll(() => host.close());

  it.each(cases)(
    "%s %j: taken up, read back, held, and taken back to the byte",
    async (name, given, ask, wanted, unit) => {
      const template = configTemplates.find((each) => each.name === name);
      if (!template) throw new Error(`there is no template ${name}`);
      const generated = template.generate(facts, template.parameters.parse(given));
      const paths = pathsOf(generated);
      const present = readFiles(Buffer.from(await host.do(filesScript(mark, paths))), mark, paths);
      if (!present) throw new Error("the files are not whole");
      const drafted = draftConfig(generated, present);
      if ("faults" in drafted) throw new Error(drafted.faults.join("; "));
      const before = await state();
      const old = await host.do(ask);
      const { script } = await planDraft(host, drafted.draft, { id: name });
      expect(await host.do(ask)).toBe(old);
      await host.do(script, ["apply"]);
      expect(old.trim()).not.toBe(wanted);
      expect((await host.do(ask)).trim()).toBe(wanted);
      expect(await host.do(script, ["verify"])).toBe("holds yes\nstate committed\n");
      await host.do(undoScript(name), ["rollback"]);
      expect(differences(before, await state())).toEqual([]);
      expect(await host.do(ask)).toBe(old);
      expect(await host.do(`systemctl is-active '${unit}' | uniq`)).toBe("active\n");
    },
    120_000,
  );
});
