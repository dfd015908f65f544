import { describe, expect, it } from "@jest/globals";
import { keycloakDashboard, MonitoringOnAws, type MonitoringOnAwsArgs } from "../../../components/index.ts";
import { MONITORING_ON_AWS_ROLES } from "../../../components/monitoring/aws-check.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { keycloak, onAws, webAlerts } from "./example.ts";

function monitoring(args: Partial<MonitoringOnAwsArgs> = {}, settings = {}): Promise<Graph> {
  return record(() => {
    const made = new MonitoringOnAws("watch", { ...onAws, ...args });
    const { workspaceArn, grafanaUrl } = made;
    return { workspaceArn, grafanaUrl, write: made.grantWrite, query: made.grantQuery };
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
      "aws:grafana/workspace:Workspace watch-grafana",
      "aws:iam/role:Role watch-grafana-role",
      "aws:iam/rolePolicy:RolePolicy watch-grafana-policy",
    ]);
    expect(namingFaults(graph)).toEqual([]);
  });

  it("needs no workspace for what CloudWatch can tell alone", async () => {
    const graph = await monitoring({
      prometheus: { enabled: false },
      grafana: { ...onAws.grafana!, enabled: false },
      alerts: { web: { rules: { WebSlow: webAlerts.rules.WebSlow! } } },
    });
    expect(children(graph, "watch")).toEqual([
      "aws:cloudwatch/dashboard:Dashboard watch-dashboard-web",
      "aws:cloudwatch/metricAlarm:MetricAlarm watch-alarm-web-WebSlow",
    ]);
    expect(graph.outputs).toMatchObject({ workspaceArn: "", grafanaUrl: "" });
  });

  it("lets Grafana ask this workspace and CloudWatch, for this account's Grafana only", async () => {
    const graph = await monitoring();
    const json = (text: unknown) => JSON.parse(text as string).Statement;
    expect(json(find(graph, "aws:iam/role:Role").inputs.assumeRolePolicy)).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "grafana.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": "111122223333" },
          StringLike: { "aws:SourceArn": "arn:aws:grafana:eu-west-1:111122223333:/workspaces/*" },
        },
      },
    ]);
    const [prometheus, cloudWatch, ...more] = json(
      find(graph, "aws:iam/rolePolicy:RolePolicy").inputs.policy,
    );
    expect(prometheus.Resource).toEqual(["arn:aws:amp:eu-west-1:111122223333:workspace/watch-prometheus"]);
    expect(
      [...prometheus.Action, ...cloudWatch.Action].filter((action) => /Put|Write|Delete/.test(action)),
    ).toEqual([]);
    expect(more).toEqual([]);
    expect(find(graph, "aws:grafana/workspace:Workspace").inputs).toMatchObject({
      authenticationProviders: ["AWS_SSO"],
      permissionType: "CUSTOMER_MANAGED",
      dataSources: ["PROMETHEUS", "CLOUDWATCH"],
    });
    expect(graph.outputs.grafanaUrl).toBe("https://watch-grafana.endpoint");
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
    // Resources of IAM are in no region, others have no name.
    const mark = { region: "eu-west-9", name: "marked" };
    const overrides = Object.fromEntries(MONITORING_ON_AWS_ROLES.map((role) => [role, mark]));
    const graph = await monitoring({ overrides });
    const unmarked = graph.resources.filter(
      ({ custom, inputs }) => custom && inputs.region !== mark.region && inputs.name !== mark.name,
    );
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
    [
      "a Grafana of no account",
      { grafana: { accountId: "me", signIn: "SAML" } },
      /grafana\.accountId is "me"; allowed: an account number/,
    ],
    [
      "a Grafana that anybody enters",
      { grafana: { accountId: "111122223333", signIn: "none" as never } },
      /grafana\.signIn is "none"; allowed: one of AWS_SSO, SAML/,
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
