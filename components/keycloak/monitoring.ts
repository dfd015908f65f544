// What is watched of a Keycloak, as data: its metrics are those of the management port.

import {
  type AlertGroupArgs,
  Comparison,
  type DashboardArgs,
  PanelKind,
  Severity,
  Unit,
} from "../monitoring/args.ts";
import { COMPONENT_LABEL } from "../monitoring/prometheus-config.ts";

/** Which Keycloak, as labels of its metrics. */
export interface KeycloakWatch {
  namespace: string;
  /** Name of the component. */
  name: string;
  /** How many instances there should be. Default 2. */
  instances?: number;
}

/** Requests that failed by our fault, of all. Nothing when there are no requests. */
function failing(of: string): string {
  const rate = (more: string) => `sum(rate(http_server_requests_seconds_count{${of}${more}}[5m]))`;
  return `${rate(',outcome="SERVER_ERROR"')} / ${rate("")}`;
}

const labels = ({ namespace, name }: KeycloakWatch) =>
  `namespace="${namespace}",${COMPONENT_LABEL}="${name}"`;

/** Alerts of a Keycloak: down, one instance short, failing, short of connections, short of memory. */
export function keycloakAlerts(watch: KeycloakWatch): AlertGroupArgs {
  const of = labels(watch);
  const up = `sum(up{${of}})`;
  return {
    labels: { namespace: watch.namespace, [COMPONENT_LABEL]: watch.name },
    rules: {
      KeycloakDown: {
        summary: "No instance of Keycloak answers: nobody can sign in",
        action: "Look at the newest log lines of the instances, then at the database",
        severity: Severity.page,
        query: { prometheus: up },
        comparison: Comparison.below,
        threshold: 1,
        minutes: 1,
        alsoWhenMissing: true,
      },
      KeycloakInstanceMissing: {
        summary: "Fewer instances of Keycloak than there should be",
        action: "Describe the pod that is missing: it waits for a machine, or its last start failed",
        severity: Severity.ticket,
        query: { prometheus: up },
        comparison: Comparison.below,
        threshold: watch.instances ?? 2,
        minutes: 15,
      },
      KeycloakFailing: {
        summary: "More than 5 % of requests to Keycloak fail by its own fault",
        action: "Look for errors in the log; compare with connections that wait and with the database's load",
        severity: Severity.page,
        query: { prometheus: failing(of) },
        comparison: Comparison.above,
        threshold: 0.05,
        minutes: 5,
      },
      KeycloakWaitsForConnections: {
        summary: "Requests to Keycloak wait for a connection of the database",
        action: "Raise database.connections, or find what makes queries slow",
        severity: Severity.ticket,
        query: { prometheus: `sum(agroal_awaiting_count{${of}})` },
        comparison: Comparison.above,
        threshold: 0,
        minutes: 10,
      },
      KeycloakMemoryShort: {
        summary: "An instance of Keycloak has little memory left after it collected garbage",
        action: "Raise memoryMebibytes, or look for a client that makes very many sessions",
        severity: Severity.ticket,
        query: { prometheus: `max(jvm_memory_usage_after_gc_percent{${of},area="heap"})` },
        comparison: Comparison.above,
        threshold: 0.85,
        minutes: 15,
      },
    },
  };
}

/** What an engineer on call looks at first. */
export function keycloakDashboard(watch: KeycloakWatch): DashboardArgs {
  const of = labels(watch);
  const perInstance = (metric: string) => ({ "{{pod}}": { prometheus: `sum by (pod) (${metric})` } });
  return {
    title: `Keycloak ${watch.name}`,
    description: "Whether users can sign in, and what stands in their way",
    panels: [
      {
        title: "Instances up",
        kind: PanelKind.number,
        unit: Unit.count,
        width: 6,
        queries: { up: { prometheus: `sum(up{${of}})` } },
      },
      {
        title: "Requests that fail",
        description: "By the server's fault, of all",
        kind: PanelKind.number,
        unit: Unit.ratio,
        width: 6,
        limit: 0.05,
        queries: { failing: { prometheus: failing(of) } },
      },
      {
        title: "Requests",
        unit: Unit.perSecond,
        queries: {
          "{{outcome}}": {
            prometheus: `sum by (outcome) (rate(http_server_requests_seconds_count{${of}}[5m]))`,
          },
        },
      },
      {
        title: "Mean time of a request",
        unit: Unit.seconds,
        queries: {
          "{{pod}}": {
            prometheus: `sum by (pod) (rate(http_server_requests_seconds_sum{${of}}[5m])) / sum by (pod) (rate(http_server_requests_seconds_count{${of}}[5m]))`,
          },
        },
      },
      {
        title: "Connections in use",
        unit: Unit.count,
        queries: perInstance(`agroal_active_count{${of}}`),
      },
      {
        title: "Requests that wait for a connection",
        unit: Unit.count,
        limit: 1,
        queries: perInstance(`agroal_awaiting_count{${of}}`),
      },
      {
        title: "Heap in use",
        unit: Unit.bytes,
        queries: perInstance(`jvm_memory_used_bytes{${of},area="heap"}`),
      },
    ],
  };
}
