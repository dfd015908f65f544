import { describe, expect, it } from "@jest/globals";
import { keycloakDashboard, MonitoringOnAws, type MonitoringOnAwsArgs } from "../../../components/index.ts";
import { MONITORING_ON_AWS_ROLES } from "../../../components/monitoring/aws-check.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { keycloak, onAws, webAlerts } from "./example.ts";

function monitoring(args: Partial<MonitoringOnAwsArgs> = {}, settings = {}): Promise<Graph> {
  return record(() => {
    const made = new MonitoringOnAws("watch", { ...onAws, ...args });
    return { workspaceArn: made.workspaceArn, write: made.grantWrite, query: made.grantQuery };
  }, settings);
}

const RULES = "aws:amp/ruleGroupNamespace:RuleGroupNamespace";

describe("MonitoringOnAws", () => {
  it("makes exactly the dashboards, alarms and rules that the data ask for", async () => {
    const graph = await monitoring();
    expect(children(graph, "watch")).toEqual([
      "aws:amp/alertManagerDefinition:AlertManagerDefinition watch-alert-manager",
      "aws:amp/ruleGroupNamespace:RuleGroupNamespace watch-rules-keycloak",
      "aws:amp/ruleGroupNamespace:RuleGroupNamespace watch-rules-web",
      "aws:amp/workspace:Workspace watch-prometheus",
      "aws:cloudwatch/dashboard:Dashboard watch-dashboard-web",
      "aws:cloudwatch/logGroup:LogGroup watch-prometheus-logs",
      "aws:cloudwatch/metricAlarm:MetricAlarm watch-alarm-web-WebBusy",
      "aws:cloudwatch/metricAlarm:MetricAlarm watch-alarm-web-WebSlow",
    ]);
    expect(namingFaults(graph)).toEqual([]);
  });

  it("needs no workspace for what CloudWatch can tell alone", async () => {
    const graph = await monitoring({
      prometheus: { enabled: false },
      alerts: { web: { rules: { WebSlow: webAlerts.rules.WebSlow! } } },
    });
    expect(children(graph, "watch")).toEqual([
      "aws:cloudwatch/dashboard:Dashboard watch-dashboard-web",
      "aws:cloudwatch/metricAlarm:MetricAlarm watch-alarm-web-WebSlow",
    ]);
    expect(graph.outputs.workspaceArn).toBe("");
  });

  it("tells nobody where that is said", async () => {
    const graph = await monitoring({ alarms: { choice: "none" } });
    expect(children(graph, "watch").filter((child) => /[aA]larm|AlertManager/.test(child))).toEqual([]);
    expect(children(graph, "watch")).toContain(`${RULES} watch-rules-keycloak`);
  });

  it("gives the workspace one namespace of rules a group, each only its own", async () => {
    const graph = await monitoring();
    const data = JSON.parse(find(graph, RULES, "watch-rules-keycloak").inputs.data as string);
    expect(data.groups.map(({ name }: { name: string }) => name)).toEqual(["keycloak"]);
    expect(data.groups[0].rules).toHaveLength(5);
    expect(find(graph, "aws:amp/workspace:Workspace").inputs.loggingConfiguration).toEqual({
      logGroupArn: "arn:aws:cloudwatch:eu-west-1:111122223333:logGroup/watch-prometheus-logs:*",
    });
    expect(find(graph, "aws:cloudwatch/logGroup:LogGroup").inputs.retentionInDays).toBe(365);
  });

  it("grants exactly writing, or exactly asking, of this workspace", async () => {
    const { outputs } = await monitoring();
    const resources = ["arn:aws:amp:eu-west-1:111122223333:workspace/watch-prometheus"];
    expect(outputs.write).toEqual({
      name: "metrics-write",
      statements: [{ actions: ["aps:RemoteWrite"], resources }],
    });
    expect(outputs.query).toEqual({
      name: "metrics-query",
      statements: [
        {
          actions: ["aps:QueryMetrics", "aps:GetLabels", "aps:GetSeries", "aps:GetMetricMetadata"],
          resources,
        },
      ],
    });
  });

  it("changes only its own rules when a group comes", async () => {
    const before = await monitoring();
    const after = await monitoring({
      alerts: { ...onAws.alerts, a: { rules: { Other: webAlerts.rules.WebFailing! } } },
    });
    const later = new Map(after.resources.map((resource) => [resource.urn, JSON.stringify(resource)]));
    expect(
      before.resources.filter((resource) => later.get(resource.urn) !== JSON.stringify(resource)),
    ).toEqual([]);
    expect(after.resources.length).toBe(before.resources.length + 1);
  });

  it("lays overrides over each role, and knows each role", async () => {
    const overrides = Object.fromEntries(
      MONITORING_ON_AWS_ROLES.map((role) => [role, { region: "eu-west-9" }]),
    );
    const graph = await monitoring({ overrides });
    const unmarked = graph.resources.filter(({ custom, inputs }) => custom && inputs.region !== "eu-west-9");
    expect(unmarked).toEqual([]);
  });

  it.each<[string, Partial<MonitoringOnAwsArgs>, RegExp]>([
    ["an unknown region", { region: "eu-moon-1" }, /region is "eu-moon-1"; allowed: a region/],
    [
      "alarms that are not chosen",
      { alarms: undefined },
      /alarms\.choice is missing; allowed: one of notify, none/,
    ],
    ["alarms that tell nobody", { alarms: { choice: "notify" } }, /alarms\.topicArns is \[\]/],
    [
      "PromQL that nothing evaluates",
      { prometheus: undefined },
      /alerts\.web\.rules\.WebFailing\.query\.cloudWatch is missing; allowed: .*without a workspace/,
    ],
    [
      "a dashboard that CloudWatch cannot show",
      { dashboards: { keycloak: keycloakDashboard(keycloak) } },
      /dashboards\.keycloak is "keycloak"; allowed: a dashboard with a metric of CloudWatch/,
    ],
    [
      "a retention that CloudWatch lacks",
      { prometheus: { logRetentionDays: 100 } },
      /logRetentionDays is 100/,
    ],
    ["an unknown role", { overrides: { dash: {} } }, /overrides\.dash is "dash"/],
  ])("refuses %s, by field, value and what is allowed", async (_, args, fault) => {
    const made = monitoring(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^MonitoringOnAws "watch": /);
  });

  it("makes the recorded monitoring", async () => {
    const graph = await monitoring({}, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/monitoring/fixtures/aws.json");
  });
});
