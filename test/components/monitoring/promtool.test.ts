// Rules and configuration, judged and run by the real promtool.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { keycloakAlerts, logsAlerts } from "../../../components/index.ts";
import type { Json } from "../../../components/json.ts";
import { OWN_ALERTS } from "../../../components/monitoring/own-alerts.ts";
import { planPrometheus } from "../../../components/monitoring/prometheus-config.ts";
import { planRules } from "../../../components/monitoring/prometheus-rules.ts";
import { PLATFORM_ALERTS } from "../../../stacks/platform/alerts.ts";
import { programPath, reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { keycloak, webAlerts } from "./example.ts";

const LOGS = { namespace: "monitoring", name: "logs" };
const reason = reasonToSkip("promtool");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "roost-promtool-"));
  write(
    "rules.json",
    planRules({
      keycloak: keycloakAlerts(keycloak),
      logs: logsAlerts(LOGS),
      monitoring: OWN_ALERTS,
      roost: PLATFORM_ALERTS,
      web: webAlerts,
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, document: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(document));
  return name;
}

/** What it says, and whether it is content. */
function promtool(...args: string[]): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    execFile(programPath("promtool") ?? "promtool", args, { cwd: folder }, (error, out, err) =>
      resolve({ ok: error === null, text: `${out}${err}` }),
    );
  });
}

const labels = (more = "") => `{namespace="identity",instance_of="id"${more}}`;
const series = (metric: string, values: string) => ({ series: metric, values });

/** The alerts that fire at a minute, in a world of these series. */
async function firing(minute: number, names: string[], input: { series: string; values: string }[]) {
  const fires: string[] = [];
  for (const name of names) {
    const file = write(`${name}.test.json`, {
      rule_files: ["rules.json"],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: input,
          // Nothing is expected: promtool fails, and so tells, when the alert fires.
          alert_rule_test: [{ eval_time: `${minute}m`, alertname: name, exp_alerts: [] }],
        },
      ],
    });
    const { ok, text } = await promtool("test", "rules", file);
    if (!ok) {
      expect(text).toContain(`alertname: ${name}`);
      fires.push(name);
    }
  }
  return fires;
}

/** Debian builds promtool without the discovery of Kubernetes: everything but that is judged. */
function withoutKubernetes(config: Json): Json {
  const text = JSON.stringify(config, (key, value) => (key === "kubernetes_sd_configs" ? undefined : value));
  expect(text).not.toBe(JSON.stringify(config));
  return JSON.parse(text);
}

(reason ? describe.skip : describe)("promtool", () => {
  it("takes every rule of ours", async () => {
    const { ok, text } = await promtool("check", "rules", "rules.json");
    expect(text).toContain("SUCCESS: 16 rules found");
    expect(ok).toBe(true);
  });

  it("refuses a rule whose PromQL is wrong, so that the check above means something", async () => {
    const rule = { ...webAlerts.rules.WebBusy!, query: { prometheus: "sum(rate(x[5m])" } };
    const file = write("wrong.json", planRules({ web: { rules: { WebBusy: rule } } }));
    const { ok, text } = await promtool("check", "rules", file);
    expect(ok).toBe(false);
    expect(text).toMatch(/WebBusy.*could not parse expression/s);
  });

  it("takes the configuration, with and without an Alertmanager", async () => {
    for (const alertmanagers of [undefined, "watch-alertmanagers.monitoring.svc"]) {
      const settings = { namespaces: ["identity"], ruleFiles: join(folder, "rules.json") };
      const planned = planPrometheus({ ...settings, ...(alertmanagers && { alertmanagers }) });
      const file = write("prometheus.json", withoutKubernetes(planned));
      const { ok, text } = await promtool("check", "config", file);
      expect(text).toContain("SUCCESS");
      expect(ok).toBe(true);
    }
  });

  const down = ["KeycloakDown", "KeycloakInstanceMissing"];

  it("is silent about a Keycloak that is well", async () => {
    const well = [
      series(`up${labels(',pod="id-0"')}`, "1+0x40"),
      series(`up${labels(',pod="id-1"')}`, "1+0x40"),
      series(`up${labels(',pod="id-2"')}`, "1+0x40"),
      series(`http_server_requests_seconds_count${labels(',outcome="SUCCESS"')}`, "0+600x40"),
      series(`http_server_requests_seconds_count${labels(',outcome="SERVER_ERROR"')}`, "0+6x40"),
      series(`agroal_awaiting_count${labels()}`, "0+0x40"),
      series(`jvm_memory_usage_after_gc_percent${labels(',area="heap"')}`, "0.4+0x40"),
    ];
    expect(
      await firing(30, [...Object.keys(keycloakAlerts(keycloak).rules), "MetricsUnreachable"], well),
    ).toEqual([]);
  });

  it("tells when all instances are down or have vanished, and only after a minute", async () => {
    const dead = [
      series(`up${labels(',pod="id-0"')}`, "1 1 0 0 0 0"),
      series(`up${labels(',pod="id-1"')}`, "1 1 0 0 0 0"),
    ];
    expect(await firing(2, down, dead)).toEqual([]);
    expect(await firing(4, down, dead)).toEqual(["KeycloakDown"]);
    expect(await firing(4, down, [series("other", "1+0x10")])).toEqual(["KeycloakDown"]);
  });

  it("names the component in the alert, though the sum has lost it, and says what to do", async () => {
    const { KeycloakDown } = keycloakAlerts(keycloak).rules;
    const file = write("labels.test.json", {
      rule_files: ["rules.json"],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: [series(`up${labels(',pod="id-0"')}`, "0+0x10")],
          alert_rule_test: [
            {
              eval_time: "5m",
              alertname: "KeycloakDown",
              exp_alerts: [
                {
                  exp_labels: { severity: "page", namespace: "identity", instance_of: "id" },
                  exp_annotations: { summary: KeycloakDown!.summary, action: KeycloakDown!.action },
                },
              ],
            },
          ],
        },
      ],
    });
    expect(await promtool("test", "rules", file)).toMatchObject({ ok: true });
  });

  it("tells of one missing instance by a ticket, after a quarter of an hour", async () => {
    const two = ["id-0", "id-1"].map((pod) => series(`up${labels(`,pod="${pod}"`)}`, "1+0x40"));
    expect(await firing(10, down, two)).toEqual([]);
    expect(await firing(20, down, two)).toEqual(["KeycloakInstanceMissing"]);
  });

  it("tells of failing requests, waiting for connections and short memory, each by itself", async () => {
    const names = Object.keys(keycloakAlerts(keycloak).rules).filter((name) => !down.includes(name));
    const failing = [
      series(`http_server_requests_seconds_count${labels(',outcome="SUCCESS"')}`, "0+90x40"),
      series(`http_server_requests_seconds_count${labels(',outcome="SERVER_ERROR"')}`, "0+10x40"),
    ];
    expect(await firing(20, names, failing)).toEqual(["KeycloakFailing"]);
    const waiting = [series(`agroal_awaiting_count${labels()}`, "3+0x40")];
    expect(await firing(20, names, waiting)).toEqual(["KeycloakWaitsForConnections"]);
    const full = [series(`jvm_memory_usage_after_gc_percent${labels(',area="heap"')}`, "0.9+0x40")];
    expect(await firing(30, names, full)).toEqual(["KeycloakMemoryShort"]);
  });

  it("tells of logs that are lost, and of a Loki or a reader that is gone", async () => {
    const names = Object.keys(logsAlerts(LOGS).rules);
    const of = (pod: string, values: string) =>
      series(`up{namespace="monitoring",instance_of="logs",pod="${pod}"}`, values);
    const both = [of("logs-loki-0", "1+0x40"), of("logs-alloy-1", "1+0x40")];
    const dropped = 'loki_write_dropped_entries_total{namespace="monitoring",instance_of="logs"}';
    expect(await firing(30, names, [...both, series(dropped, "7+0x40")])).toEqual([]);
    expect(await firing(30, names, [...both, series(dropped, "0+5x40")])).toEqual(["LogsLost"]);
    const half = [of("logs-loki-0", "1+0x40"), of("logs-alloy-1", "0+0x40")];
    expect(await firing(30, names, half)).toEqual(["LogsDown"]);
    expect(await firing(10, names, half)).toEqual([]);
    expect(await firing(30, names, [series("other", "1+0x40")])).toEqual(["LogsDown"]);
  });

  it("tells of a platform whose deployments do not move, or that fails", async () => {
    const names = Object.keys(PLATFORM_ALERTS.rules);
    const workers = series('roost_workers{state="alive"}', "2+0x60");
    const requests = (status: string, values: string) =>
      series(`roost_http_request_duration_seconds_count{status="${status}"}`, values);
    const well = [workers, series("roost_queue_age_seconds", "30+0x60"), requests("200", "0+60x60")];
    expect(await firing(30, names, [...well, requests("500", "0+1x60")])).toEqual([]);
    expect(await firing(30, names, [...well, requests("500", "0+3x60")])).toEqual(["RoostFailing"]);
    const stuck = [workers, series("roost_queue_age_seconds", "0+60x60")];
    expect(await firing(30, names, stuck)).toEqual(["RoostQueueStuck"]);
    expect(await firing(10, names, stuck)).toEqual([]);
    expect(await firing(30, names, [series("other", "1+0x60")])).toEqual(["RoostWithoutWorkers"]);
    const none = [series('roost_workers{state="alive"}', "0+0x60")];
    expect(await firing(30, names, none)).toEqual(["RoostWithoutWorkers"]);
  });

  it("watches the watchers", async () => {
    const names = Object.keys(OWN_ALERTS.rules);
    expect(await firing(20, names, [series('up{pod="a"}', "0+0x40")])).toEqual(["MetricsUnreachable"]);
    expect(await firing(20, names, [series("prometheus_rule_evaluation_failures_total", "0+1x40")])).toEqual([
      "RulesFailing",
    ]);
    expect(
      await firing(20, names, [
        series('alertmanager_notifications_failed_total{integration="slack"}', "0+1x40"),
      ]),
    ).toEqual(["AlertsNotDelivered"]);
    expect(await firing(20, names, [series("prometheus_notifications_dropped_total", "0+1x40")])).toEqual([
      "AlertmanagerUnreachable",
    ]);
  });
});
