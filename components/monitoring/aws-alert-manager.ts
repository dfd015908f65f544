// The Alertmanager of a managed Prometheus, which tells SNS topics only.

import { type Json, jsonText } from "../json.ts";
import { regionOfArn } from "../regions.ts";
import { COMPONENT_LABEL } from "./prometheus-config.ts";

/**
 * The definition: Alertmanager's configuration as a text inside of a document.
 * https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html
 *
 * @param region of the workspace: topics elsewhere are signed for their own.
 */
export function planManagedAlertManager(topicArns: readonly string[], region: string): string {
  const configuration: Json = {
    route: {
      receiver: "topics",
      group_by: ["alertname", "namespace", COMPONENT_LABEL],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "4h",
    },
    receivers: [
      {
        name: "topics",
        sns_configs: [...topicArns].sort().map((arn) => ({
          topic_arn: arn,
          sigv4: { region: regionOfArn(arn) ?? region },
          subject: "{{ .CommonLabels.alertname }}",
          message: "{{ .CommonAnnotations.summary }}. {{ .CommonAnnotations.action }}",
          send_resolved: true,
        })),
      },
    ],
  };
  return jsonText({ alertmanager_config: jsonText(configuration) });
}
