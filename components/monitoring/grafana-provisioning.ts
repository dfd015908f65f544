// What Grafana is provisioned with. It keeps nothing: all that it shows is data of the stack.

import { type Json, jsonText } from "../json.ts";
import type { DashboardArgs } from "./args.ts";
import { DATA_SOURCE, planGrafanaDashboard } from "./grafana-dashboard.ts";
import { byName } from "./prometheus-rules.ts";

export const GRAFANA_PORT = 3000;

/** Where dashboards are mounted. */
export const DASHBOARD_FOLDER = "/etc/roost/dashboards";

/** File name → text, for `/etc/grafana/provisioning/datasources`. */
export function provisionDataSource(prometheusUrl: string, logsUrl?: string): Record<string, string> {
  const metrics = {
    ...DATA_SOURCE,
    name: "Prometheus",
    access: "proxy",
    url: prometheusUrl,
    isDefault: true,
    editable: false,
  };
  const logs = {
    type: "loki",
    uid: "loki",
    name: "Loki",
    access: "proxy",
    url: logsUrl ?? "",
    editable: false,
  };
  const datasources = logsUrl === undefined ? [metrics] : [metrics, logs];
  return { "roost.yaml": jsonText({ apiVersion: 1, datasources }) };
}

/** File name → text, for `/etc/grafana/provisioning/dashboards`. */
export function provisionFolder(): Record<string, string> {
  const provider = {
    name: "roost",
    type: "file",
    allowUiUpdates: false,
    disableDeletion: true,
    options: { path: DASHBOARD_FOLDER },
  };
  return { "roost.yaml": jsonText({ apiVersion: 1, providers: [provider] }) };
}

/** File name → text, for the folder of dashboards. */
export function provisionDashboards(dashboards: Record<string, DashboardArgs>): Record<string, string> {
  return Object.fromEntries(
    byName(dashboards).flatMap(([key, dashboard]) => {
      const planned = planGrafanaDashboard(key, dashboard);
      return planned ? [[`${key}.json`, jsonText(planned as never as Json)]] : [];
    }),
  );
}

/** Nobody signs up, nobody looks in without a name, nothing calls home. */
export function grafanaEnvironment(url: string | undefined): Record<string, string> {
  return {
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_AUTH_ANONYMOUS_ENABLED: "false",
    GF_LOG_MODE: "console",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
    GF_SECURITY_COOKIE_SAMESITE: "strict",
    GF_SECURITY_DISABLE_GRAVATAR: "true",
    GF_SECURITY_STRICT_TRANSPORT_SECURITY: String(url !== undefined),
    GF_SECURITY_COOKIE_SECURE: String(url !== undefined),
    GF_USERS_ALLOW_SIGN_UP: "false",
    ...(url !== undefined && { GF_SERVER_ROOT_URL: url }),
  };
}
