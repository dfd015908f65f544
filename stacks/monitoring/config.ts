import { z } from "zod";
import { ReceiverKind } from "../../components/monitoring/kubernetes-args.ts";
import { image, stage, structured, text, wholeNumber } from "../fields.ts";

/** What Kubernetes takes as the name of a namespace or of a label's value. */
const name = text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "a name of small letters, digits and hyphens");
const range = text(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, "an IPv4 range such as 10.96.0.1/32");

const receiver = z.strictObject({
  kind: z.enum(ReceiverKind, `must be one of ${Object.values(ReceiverKind).join(", ")}`),
  secret: z.strictObject({ secretName: name, key: z.string().min(1) }),
  channel: z.string().min(1).optional(),
});

const ingress = z.strictObject({
  url: text(/^https:\/\/[^/\s]+$/, "https and a host, without a path"),
  className: name,
  tlsSecretName: name,
  controllerNamespaces: z.array(name).min(1),
});

const keycloak = z.strictObject({ namespace: name, name, instances: wholeNumber(1, 100).optional() });

export const monitoringConfig = z.strictObject({
  stage,
  namespace: name.describe("Namespace that is made for the monitoring, with Pod Security restricted."),
  watch: structured(z.array(name, "must be a list of namespaces").min(1)).describe(
    "Namespaces whose pods are watched.",
  ),
  apiServerRanges: structured(z.array(range, "must be a list of IPv4 ranges").min(1)).describe(
    "Where the cluster's API server is, as IPv4 ranges.",
  ),
  prometheusImage: image.describe("Image of Prometheus by digest."),
  grafanaImage: image.describe("Image of Grafana by digest."),
  grafanaAdminSecret: name.describe("Secret of the namespace with Grafana's first administrator."),
  receivers: structured(
    z.union(
      [
        z.literal("none"),
        z.strictObject({ alertmanagerImage: image, page: receiver, ticket: receiver.optional() }),
      ],
      'must be "none", or alertmanagerImage, page and, if it differs, ticket',
    ),
  ).describe("Who is told of alerts, by Alertmanager, or none."),
  ingress: structured(
    z.union([z.literal("none"), ingress], 'must be "none", or url and what leads to it'),
  ).describe("How Grafana is reached from outside of the cluster, or none."),
  keycloak: structured(keycloak)
    .optional()
    .describe("The Keycloak that gets a dashboard and alerts: namespace, name, instances. Default none."),
  logs: structured(
    z.strictObject(
      { lokiImage: image, alloyImage: image, retentionDays: wholeNumber(1, 400).optional() },
      "must be lokiImage, alloyImage and, if not 30, retentionDays",
    ),
  )
    .optional()
    .describe("Keeps the logs of the watched namespaces in Loki: images by digest, days. Default: no logs."),
  storageClassName: name.optional().describe("Class of the disks. Default: the cluster's."),
});

export type MonitoringConfig = z.infer<typeof monitoringConfig>;
