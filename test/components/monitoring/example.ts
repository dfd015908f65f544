import {
  AlarmChoice,
  type AlertGroupArgs,
  Comparison,
  type DashboardArgs,
  GrafanaSignIn,
  keycloakAlerts,
  keycloakDashboard,
  type LogsOnKubernetesArgs,
  MonitoringExposure,
  type MonitoringOnAwsArgs,
  type MonitoringOnKubernetesArgs,
  NotifyChoice,
  PanelKind,
  ReceiverKind,
  Severity,
  Unit,
} from "../../../components/index.ts";

export const keycloak = { namespace: "identity", name: "id", instances: 3 };

export const image = (name: string) => `registry.example.com/${name}@sha256:${"0123456789abcdef".repeat(4)}`;

/** A dashboard that both systems can show, but for one panel each. */
export const web: DashboardArgs = {
  title: "Web",
  description: "Whether the shop answers",
  panels: [
    {
      title: "Errors",
      kind: PanelKind.number,
      unit: Unit.ratio,
      width: 6,
      limit: 0.01,
      queries: { errors: { prometheus: 'sum(rate(http_requests_total{code=~"5.."}[5m]))' } },
    },
    {
      title: "Processor",
      unit: Unit.percent,
      limit: 80,
      queries: {
        mean: {
          prometheus: "avg(rate(container_cpu_usage_seconds_total[5m])) * 100",
          cloudWatch: {
            namespace: "AWS/ECS",
            metric: "CPUUtilization",
            dimensions: { ServiceName: "web", ClusterName: "main" },
            statistic: "Average",
          },
        },
      },
    },
    {
      title: "Slowest answers",
      unit: Unit.seconds,
      queries: {
        p99: {
          cloudWatch: {
            namespace: "AWS/ApplicationELB",
            metric: "TargetResponseTime",
            statistic: "p99",
            periodSeconds: 300,
          },
        },
      },
    },
  ],
};

/** One alert for both systems, one for each. */
export const webAlerts: AlertGroupArgs = {
  rules: {
    WebBusy: {
      summary: "The shop's processors are busy",
      action: "Look whether autoscaling is at its maximum",
      severity: Severity.ticket,
      query: web.panels[1]!.queries.mean!,
      comparison: Comparison.above,
      threshold: 80,
      minutes: 10,
    },
    WebSlow: {
      summary: "One request in a hundred takes over two seconds",
      action: "Look at the database",
      severity: Severity.page,
      query: web.panels[2]!.queries.p99!,
      comparison: Comparison.above,
      threshold: 2,
      minutes: 10,
      alsoWhenMissing: true,
    },
    WebFailing: {
      summary: "Requests fail",
      action: "Look at the newest deployment",
      severity: Severity.page,
      query: web.panels[0]!.queries.errors!,
      comparison: Comparison.above,
      threshold: 1,
      minutes: 5,
    },
  },
};

export const onKubernetes: MonitoringOnKubernetesArgs = {
  namespace: "monitoring",
  watch: ["identity", "shop"],
  apiServerRanges: ["10.96.0.1/32", "10.0.0.0/24"],
  prometheus: { image: image("prometheus") },
  alertmanagerImage: image("alertmanager"),
  grafanaImage: image("grafana"),
  grafanaAdmin: { secretName: "grafana-admin" },
  dashboards: { keycloak: keycloakDashboard(keycloak), web },
  alerts: { keycloak: keycloakAlerts(keycloak), web: webAlerts },
  notify: {
    choice: NotifyChoice.receivers,
    page: { kind: ReceiverKind.pagerDuty, secret: { secretName: "pager", key: "key" } },
    ticket: { kind: ReceiverKind.slack, secret: { secretName: "slack", key: "url" }, channel: "#operations" },
  },
  exposure: MonitoringExposure.ingress,
  ingress: {
    url: "https://grafana.internal.example.com",
    className: "internal",
    tlsSecretName: "grafana-tls",
    controllerNamespaces: ["ingress-internal"],
  },
};

export const logs: LogsOnKubernetesArgs = {
  namespace: "monitoring",
  watch: ["shop", "identity"],
  apiServerRanges: ["10.96.0.1/32", "10.0.0.0/24"],
  lokiImage: image("loki"),
  alloyImage: image("alloy"),
};

export const onAws: MonitoringOnAwsArgs = {
  region: "eu-west-1",
  dashboards: { web },
  alerts: { web: webAlerts, keycloak: keycloakAlerts(keycloak) },
  alarms: { choice: AlarmChoice.notify, topicArns: ["arn:aws:sns:eu-west-1:111122223333:operations"] },
  prometheus: {},
  grafana: { accountId: "111122223333", signIn: GrafanaSignIn.identityCenter },
};
