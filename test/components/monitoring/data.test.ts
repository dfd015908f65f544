import { describe, expect, it } from "@jest/globals";
import type { Output } from "@pulumi/pulumi";
import {
  type AlertRuleArgs,
  type DashboardArgs,
  NotifyChoice,
  ReceiverKind,
  Severity,
} from "../../../components/index.ts";
import { planAlertmanager } from "../../../components/monitoring/alertmanager-config.ts";
import { planManagedAlertManager } from "../../../components/monitoring/aws-alert-manager.ts";
import { checkAlerts, checkDashboards } from "../../../components/monitoring/check.ts";
import { planAlarms, planCloudWatchDashboard } from "../../../components/monitoring/cloudwatch.ts";
import { planRules } from "../../../components/monitoring/prometheus-rules.ts";
import { web, webAlerts } from "./example.ts";

const known = (value: Output<string>) => new Promise<string>((resolve) => value.apply(resolve));

describe("alerts as rules of Prometheus", () => {
  it("says threshold, patience, severity and what to do", () => {
    expect(planRules({ web: webAlerts })).toEqual({
      groups: [
        {
          name: "web",
          rules: [
            {
              alert: "WebBusy",
              expr: "(avg(rate(container_cpu_usage_seconds_total[5m])) * 100) > 80",
              for: "10m",
              labels: { severity: "ticket" },
              annotations: {
                summary: "The shop's processors are busy",
                action: "Look whether autoscaling is at its maximum",
              },
            },
            expect.objectContaining({ alert: "WebFailing", for: "5m", labels: { severity: "page" } }),
          ],
        },
      ],
    });
  });

  it("counts no data as bad where that is said", () => {
    const rule: AlertRuleArgs = {
      ...webAlerts.rules.WebBusy!,
      query: { prometheus: "up" },
      comparison: "below",
      threshold: 1,
    };
    const expr = (alsoWhenMissing: boolean) =>
      planRules({ a: { rules: { Down: { ...rule, alsoWhenMissing } } } }).groups[0]!.rules[0]!.expr;
    expect(expr(false)).toBe("(up) < 1");
    expect(expr(true)).toBe("(up) < 1 or absent(up)");
  });

  it("is the same in any order", () => {
    const rules = Object.fromEntries(Object.entries(webAlerts.rules).reverse());
    expect(planRules({ web: { rules } })).toEqual(planRules({ web: webAlerts }));
  });
});

describe("alerts as alarms of CloudWatch", () => {
  it("makes one of each alert that has a metric, over as many periods as its minutes are", () => {
    expect(planAlarms({ web: webAlerts })).toEqual([
      {
        key: "web-WebBusy",
        description: "[ticket] The shop's processors are busy. Look whether autoscaling is at its maximum",
        namespace: "AWS/ECS",
        metric: "CPUUtilization",
        dimensions: { ServiceName: "web", ClusterName: "main" },
        statistic: "Average",
        comparison: "GreaterThanThreshold",
        threshold: 80,
        periodSeconds: 60,
        periods: 10,
        missingData: "notBreaching",
      },
      expect.objectContaining({
        key: "web-WebSlow",
        statistic: "p99",
        periodSeconds: 300,
        periods: 2,
        missingData: "breaching",
      }),
    ]);
  });
});

describe("a dashboard for CloudWatch", () => {
  it("shows the panels that have a metric, as CloudWatch writes them", async () => {
    const body = JSON.parse(await known(planCloudWatchDashboard(web, "eu-west-1")!));
    expect(body.widgets).toEqual([
      {
        type: "metric",
        x: 0,
        y: 0,
        width: 12,
        height: 8,
        properties: {
          title: "Processor",
          region: "eu-west-1",
          view: "timeSeries",
          stacked: false,
          metrics: [
            [
              "AWS/ECS",
              "CPUUtilization",
              "ClusterName",
              "main",
              "ServiceName",
              "web",
              { label: "mean", stat: "Average", period: 60 },
            ],
          ],
          annotations: { horizontal: [{ label: "limit", value: 80 }] },
        },
      },
      expect.objectContaining({
        x: 12,
        properties: expect.objectContaining({
          metrics: [["AWS/ApplicationELB", "TargetResponseTime", { label: "p99", stat: "p99", period: 300 }]],
        }),
      }),
    ]);
    expect(planCloudWatchDashboard({ ...web, panels: [web.panels[0]!] }, "eu-west-1")).toBeUndefined();
  });
});

describe("who is told", () => {
  const page = { kind: ReceiverKind.pagerDuty, secret: { secretName: "pager" } };
  const slack = { kind: ReceiverKind.slack, secret: { secretName: "slack" }, channel: "#ops" };
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into at many depths
  const plan = (notify: object): any => planAlertmanager({ choice: NotifyChoice.receivers, ...notify });

  it("sends pages and tickets to their receivers, whose secrets are files", () => {
    const { route, receivers, inhibit_rules } = plan({ page, ticket: slack });
    expect(route.receiver).toBe("ticket");
    expect(route.routes).toEqual([
      { receiver: "page", matchers: ['severity="page"'], repeat_interval: "1h" },
    ]);
    expect(receivers).toEqual([
      {
        name: "page",
        pagerduty_configs: [
          expect.objectContaining({ routing_key_file: "/etc/alertmanager/receivers/page/secret" }),
        ],
      },
      {
        name: "ticket",
        slack_configs: [
          expect.objectContaining({
            api_url_file: "/etc/alertmanager/receivers/ticket/secret",
            channel: "#ops",
          }),
        ],
      },
    ]);
    expect(inhibit_rules).toEqual([
      {
        source_matchers: ['severity="page"', 'instance_of!=""'],
        target_matchers: ['severity="ticket"'],
        equal: ["namespace", "instance_of"],
      },
    ]);
  });

  it("sends tickets where pages go when nothing else is said", () => {
    const webhook = { kind: ReceiverKind.webhook, secret: { secretName: "hook" } };
    const { route, receivers } = plan({ page: webhook });
    expect(route.receiver).toBe("page");
    expect(receivers).toEqual([
      {
        name: "page",
        webhook_configs: [{ url_file: "/etc/alertmanager/receivers/page/secret", send_resolved: true }],
      },
    ]);
  });

  it("tells topics of AWS, each signed for its own region", () => {
    const topics = ["arn:aws:sns:us-east-1:111122223333:b", "arn:aws:sns:eu-west-1:111122223333:a"];
    const definition = JSON.parse(planManagedAlertManager(topics, "eu-west-1"));
    const [receiver] = JSON.parse(definition.alertmanager_config).receivers;
    expect(
      receiver.sns_configs.map((sns: { topic_arn: string; sigv4: object }) => [sns.topic_arn, sns.sigv4]),
    ).toEqual([
      [topics[1], { region: "eu-west-1" }],
      [topics[0], { region: "us-east-1" }],
    ]);
  });
});

describe("what is refused", () => {
  const panel = web.panels[1]!;
  const good = webAlerts.rules.WebBusy!;
  const cloudWatch = panel.queries.mean!.cloudWatch!;

  it("finds nothing wrong with good data", () => {
    expect([...checkDashboards({ web }), ...checkAlerts({ web: webAlerts })]).toEqual([]);
  });

  it.each<[string, Record<string, Partial<DashboardArgs>>, string]>([
    ["a key that is no address", { "My Web": {} }, "dashboards.My Web"],
    ["no panel", { web: { panels: [] } }, "dashboards.web.panels"],
    ["a title twice", { web: { panels: [panel, panel] } }, "dashboards.web.panels[1].title"],
    [
      "an unknown unit",
      { web: { panels: [{ ...panel, unit: "apples" as never }] } },
      "dashboards.web.panels[0].unit",
    ],
    [
      "an unknown kind",
      { web: { panels: [{ ...panel, kind: "pie" as never }] } },
      "dashboards.web.panels[0].kind",
    ],
    ["too wide a panel", { web: { panels: [{ ...panel, width: 25 }] } }, "dashboards.web.panels[0].width"],
    [
      "a panel that asks nothing",
      { web: { panels: [{ ...panel, queries: {} }] } },
      "dashboards.web.panels[0].queries",
    ],
    [
      "a query without words",
      { web: { panels: [{ ...panel, queries: { a: {} } }] } },
      "dashboards.web.panels[0].queries.a",
    ],
    [
      "a statistic that is none",
      {
        web: { panels: [{ ...panel, queries: { a: { cloudWatch: { ...cloudWatch, statistic: "Mean" } } } }] },
      },
      "dashboards.web.panels[0].queries.a.cloudWatch.statistic",
    ],
  ])("a dashboard with %s", (_, changes, field) => {
    const all = Object.fromEntries(
      Object.entries(changes).map(([key, change]) => [key, { ...web, ...change }]),
    );
    expect(checkDashboards(all).map((fault) => fault.field)).toEqual([field]);
  });

  it.each<[string, string, Partial<AlertRuleArgs>, string]>([
    ["a name in kebab case", "web-busy", {}, "alerts.web.rules.web-busy"],
    ["an unknown severity", "WebBusy", { severity: "loud" as never }, "alerts.web.rules.WebBusy.severity"],
    ["no comparison", "WebBusy", { comparison: undefined as never }, "alerts.web.rules.WebBusy.comparison"],
    ["a threshold that is none", "WebBusy", { threshold: Number.NaN }, "alerts.web.rules.WebBusy.threshold"],
    ["no patience", "WebBusy", { minutes: 0 }, "alerts.web.rules.WebBusy.minutes"],
    ["nothing to ask", "WebBusy", { query: {} }, "alerts.web.rules.WebBusy.query"],
    [
      "an odd period",
      "WebBusy",
      { query: { cloudWatch: { ...cloudWatch, periodSeconds: 45 } } },
      "alerts.web.rules.WebBusy.query.cloudWatch.periodSeconds",
    ],
  ])("an alert with %s", (_, name, change, field) => {
    const faults = checkAlerts({ web: { rules: { [name]: { ...good, ...change } } } });
    expect(faults.map((fault) => fault.field)).toEqual([field]);
  });

  it("labels that Prometheus or the severity would not bear", () => {
    const labels = { "a-b": "", severity: "page", team: "shop" };
    const faults = checkAlerts({ a: { labels, rules: { Busy: good } } });
    expect(faults.map(({ field }) => field)).toEqual(["alerts.a.labels.a-b", "alerts.a.labels.severity"]);
  });

  it("two alerts of one name, which one silence would hide", () => {
    const faults = checkAlerts({ a: { rules: { Busy: good } }, b: { rules: { Busy: good } } });
    expect(faults).toEqual([
      { field: "alerts.b.rules.Busy", value: "Busy", allowed: "a name that group a does not have" },
    ]);
    expect(Object.values(Severity)).toContain(good.severity);
  });
});
