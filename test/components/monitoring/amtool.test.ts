// Alertmanager's configuration, judged and routed by the real amtool.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { NotifyChoice, ReceiverKind, Severity } from "../../../components/index.ts";
import { planAlertmanager } from "../../../components/monitoring/alertmanager-config.ts";
import { programPath, reasonToSkip } from "../../../toolchain/suites/possible.mjs";

const reason = reasonToSkip("amtool");
let file: string;

beforeAll(() => {
  file = join(mkdtempSync(join(tmpdir(), "roost-amtool-")), "alertmanager.json");
  // Not `webhook`: Debian's version is older than addresses from files for that one.
  const config = planAlertmanager({
    choice: NotifyChoice.receivers,
    page: { kind: ReceiverKind.pagerDuty, secret: { secretName: "pager" } },
    ticket: { kind: ReceiverKind.slack, secret: { secretName: "slack" }, channel: "#operations" },
  });
  writeFileSync(file, JSON.stringify(config));
});
afterAll(() => rmSync(join(file, ".."), { recursive: true, force: true }));

const amtool = (...args: string[]) =>
  execFileSync(programPath("amtool") ?? "amtool", args, { encoding: "utf8" }).trim();

(reason ? describe.skip : describe)("amtool", () => {
  it("takes the configuration", () => {
    const said = amtool("check-config", file);
    expect(said).toContain("SUCCESS");
    expect(said).toContain("2 receivers");
  });

  it.each([Severity.page, Severity.ticket])("sends a %s to its receiver", (severity) => {
    const routed = amtool(
      "config",
      "routes",
      "test",
      `--config.file=${file}`,
      "alertname=A",
      `severity=${severity}`,
    );
    expect(routed).toBe(severity);
  });
});
