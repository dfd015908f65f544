// Alertmanager's configuration: who is told what. JSON is YAML, which is what it reads.

import type { Json } from "../json.ts";
import { Severity } from "./args.ts";
import { type NotifyArgs, type ReceiverArgs, ReceiverKind } from "./kubernetes-args.ts";
import { COMPONENT_LABEL } from "./prometheus-config.ts";

/** Where the secret of a severity's receiver is mounted. */
export function receiverFolder(severity: Severity): string {
  return `/etc/alertmanager/receivers/${severity}`;
}

/** The file below it. */
export const RECEIVER_FILE = "secret";

/** The receiver of each severity that has one. */
export function receivers({ page, ticket }: NotifyArgs): [Severity, ReceiverArgs][] {
  return [
    ...(page ? [[Severity.page, page] as [Severity, ReceiverArgs]] : []),
    ...(ticket ? [[Severity.ticket, ticket] as [Severity, ReceiverArgs]] : []),
  ];
}

/** Pages are repeated each hour, tickets each half day; a page silences the tickets about the same thing. */
export function planAlertmanager(notify: NotifyArgs): Json {
  return {
    route: {
      receiver: notify.ticket ? Severity.ticket : Severity.page,
      group_by: ["alertname", "namespace", COMPONENT_LABEL],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [{ receiver: Severity.page, matchers: [`severity="${Severity.page}"`], repeat_interval: "1h" }],
    },
    receivers: receivers(notify).map(([severity, receiver]) => ({
      name: severity,
      ...integration(receiver, `${receiverFolder(severity)}/${RECEIVER_FILE}`),
    })),
    inhibit_rules: [
      {
        // A page that is about no component in particular silences nothing.
        source_matchers: [`severity="${Severity.page}"`, `${COMPONENT_LABEL}!=""`],
        target_matchers: [`severity="${Severity.ticket}"`],
        equal: ["namespace", COMPONENT_LABEL],
      },
    ],
  };
}

function integration({ kind, channel }: ReceiverArgs, file: string): Record<string, Json> {
  const told = { send_resolved: true };
  switch (kind) {
    case ReceiverKind.webhook:
      return { webhook_configs: [{ url_file: file, ...told }] };
    case ReceiverKind.slack:
      return {
        slack_configs: [
          {
            api_url_file: file,
            channel: channel ?? "",
            title: "{{ .CommonAnnotations.summary }}",
            text: "{{ .CommonAnnotations.action }}",
            ...told,
          },
        ],
      };
    case ReceiverKind.pagerDuty:
      return {
        pagerduty_configs: [
          { routing_key_file: file, description: "{{ .CommonAnnotations.summary }}", ...told },
        ],
      };
  }
}
