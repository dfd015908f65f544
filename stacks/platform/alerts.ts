import { type AlertGroupArgs, Comparison, Severity } from "../../components/index.ts";

/** What only Roost's own metrics tell: whether deployments move. */
export const PLATFORM_ALERTS: AlertGroupArgs = {
  rules: {
    RoostWithoutWorkers: {
      summary: "No worker is alive, so no deployment runs",
      action: "Look at the service workers in ECS: its events say why tasks end",
      severity: Severity.page,
      query: { prometheus: 'max(roost_workers{state="alive"})' },
      comparison: Comparison.below,
      threshold: 1,
      minutes: 5,
      alsoWhenMissing: true,
    },
    RoostQueueStuck: {
      summary: "The oldest deployment waits for a quarter of an hour",
      action: "Compare roost status with the number of workers; raise workers if all are busy",
      severity: Severity.ticket,
      query: { prometheus: "max(roost_queue_age_seconds)" },
      comparison: Comparison.above,
      threshold: 900,
      minutes: 5,
    },
    RoostFailing: {
      summary: "More than one request in fifty fails by a fault of the server",
      action: "Look at the API's log for code internal, then at the database's alarms",
      severity: Severity.page,
      query: {
        prometheus:
          'sum(rate(roost_http_request_duration_seconds_count{status=~"5.."}[5m])) / sum(rate(roost_http_request_duration_seconds_count[5m]))',
      },
      comparison: Comparison.above,
      threshold: 0.02,
      minutes: 5,
    },
  },
};
