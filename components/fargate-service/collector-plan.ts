// The OpenTelemetry collector beside a service: its configuration as data, and how it gets into the task.
// https://opentelemetry.io/docs/collector/configuration/

import { all, type Output } from "@pulumi/pulumi";
import type { SidecarArgs } from "../fargate-task/args.ts";
import type { Fault } from "../faults.ts";
import { wholeNumber } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { type Json, jsonText } from "../json.ts";
import type { CollectorArgs, FargateServiceArgs } from "./args.ts";

/** Name of its container. */
export const COLLECTOR = "collector";
const CONFIG_VARIABLE = "COLLECTOR_CONFIG";
const TOKEN_VARIABLE = "SCRAPE_TOKEN";
/** Containers of a task share one loopback, which nobody else reaches. */
const GRPC = "127.0.0.1:4317";
const HTTP = "127.0.0.1:4318";
/** MiB beyond which it takes nothing more: it must not push the service out of the task's memory. */
const MEMORY_MEBIBYTES = 128;

/** What is gathered, with what is known when the task is made. */
export interface CollectorSettings {
  region: string;
  service: string;
  /** Where metrics are written; absent where none are gathered. */
  metricsEndpoint?: string;
  /** Where the service itself gives metrics, such as `127.0.0.1:8080` and `/metrics`. */
  scrape?: { target: string; path: string; hasToken: boolean };
  seconds: number;
  traces: boolean;
}

/**
 * Takes OTLP from the service, fetches its metrics and those of the task, and hands metrics to a Prometheus by
 * remote write, signed with the task's role, and traces to X-Ray.
 */
export function planCollector(settings: CollectorSettings): Json {
  const { region, service, metricsEndpoint, scrape, seconds, traces } = settings;
  const metrics = metricsEndpoint !== undefined;
  const interval = `${seconds}s`;
  const processors = ["memory_limiter", "resource", "batch"];
  return {
    extensions: {
      health_check: { endpoint: "127.0.0.1:13133" },
      ...(metrics && { sigv4auth: { region, service: "aps" } }),
    },
    receivers: {
      otlp: { protocols: { grpc: { endpoint: GRPC }, http: { endpoint: HTTP } } },
      ...(metrics && { awsecscontainermetrics: { collection_interval: interval } }),
      ...(metrics &&
        scrape && {
          prometheus: {
            config: {
              scrape_configs: [
                {
                  job_name: service,
                  scrape_interval: interval,
                  metrics_path: scrape.path,
                  // The collector reads it from its environment: it is in no configuration.
                  ...(scrape.hasToken && {
                    authorization: { type: "Bearer", credentials: `\${env:${TOKEN_VARIABLE}}` },
                  }),
                  static_configs: [{ targets: [scrape.target] }],
                },
              ],
            },
          },
        }),
    },
    processors: {
      memory_limiter: {
        check_interval: "1s",
        limit_mib: MEMORY_MEBIBYTES,
        spike_limit_mib: MEMORY_MEBIBYTES / 4,
      },
      resource: { attributes: [{ key: "service.name", value: service, action: "insert" }] },
      batch: { timeout: "5s" },
    },
    exporters: {
      ...(metrics && {
        prometheusremotewrite: {
          endpoint: metricsEndpoint,
          auth: { authenticator: "sigv4auth" },
          resource_to_telemetry_conversion: { enabled: true },
        },
      }),
      ...(traces && { awsxray: { region } }),
    },
    service: {
      extensions: ["health_check", ...(metrics ? ["sigv4auth"] : [])],
      telemetry: { logs: { level: "warn" } },
      pipelines: {
        ...(metrics && {
          metrics: {
            receivers: ["otlp", "awsecscontainermetrics", ...(scrape ? ["prometheus"] : [])],
            processors,
            exporters: ["prometheusremotewrite"],
          },
        }),
        ...(traces && { traces: { receivers: ["otlp"], processors, exporters: ["awsxray"] } }),
      },
    },
  };
}

/** The service's arguments with the collector in its task, and with where the service sends what it measures. */
export function withCollector(name: string, args: FargateServiceArgs): FargateServiceArgs {
  const { collector } = args;
  if (!gathers(collector)) return args;
  return {
    ...args,
    environment: {
      OTEL_SERVICE_NAME: name,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${HTTP}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      ...args.environment,
    },
    sidecars: { ...args.sidecars, [COLLECTOR]: sidecar(name, args, collector) },
    grants: [...(args.grants ?? []), ...grants(collector)],
  };
}

/** Everything that is wrong with the collector but its image, which is judged as the sidecar that it becomes. */
export function checkCollector({ collector, sidecars, port }: FargateServiceArgs): Fault[] {
  if (!gathers(collector)) return [];
  const { metrics, traces = false, scrapePath, intervalSeconds } = collector;
  const faults: Fault[] = wholeNumber("collector.intervalSeconds", intervalSeconds ?? 30, 10, 300, "seconds");
  const fault = (field: string, value: unknown, allowed: string) => faults.push({ field, value, allowed });
  if (!metrics && !traces) fault("collector", "neither metrics nor traces", "metrics, traces or both");
  if (sidecars?.[COLLECTOR]) fault(`sidecars.${COLLECTOR}`, COLLECTOR, "another name beside collector");
  if (scrapePath === undefined) {
    if (collector.scrapeToken)
      fault("collector.scrapePath", scrapePath, "a path, when a token is given for it");
    return faults;
  }
  if (!/^\/[\w./-]*$/.test(scrapePath))
    fault("collector.scrapePath", scrapePath, "a path that begins with /");
  if (port === undefined) fault("collector.scrapePath", scrapePath, "nothing without port");
  if (!metrics) fault("collector.scrapePath", scrapePath, "nothing without collector.metrics");
  return faults;
}

function gathers(collector: CollectorArgs | undefined): collector is CollectorArgs {
  return collector !== undefined && collector.enabled !== false;
}

function sidecar(name: string, { cluster, port }: FargateServiceArgs, collector: CollectorArgs): SidecarArgs {
  const { scrapePath, scrapeToken, intervalSeconds = 30, traces = false, metrics } = collector;
  const hasToken = scrapeToken !== undefined;
  const config: Output<string> = all([cluster.region, metrics?.endpoint ?? ""]).apply(([region, endpoint]) =>
    jsonText(
      planCollector({
        region,
        service: name,
        ...(metrics && { metricsEndpoint: `${endpoint.replace(/\/$/, "")}/api/v1/remote_write` }),
        ...(scrapePath !== undefined && {
          scrape: { target: `127.0.0.1:${port}`, path: scrapePath, hasToken },
        }),
        seconds: intervalSeconds,
        traces,
      }),
    ),
  );
  return {
    image: collector.image,
    command: [`--config=env:${CONFIG_VARIABLE}`],
    environment: { [CONFIG_VARIABLE]: config },
    ...(scrapeToken && { secrets: { [TOKEN_VARIABLE]: scrapeToken } }),
    ports: [4317, 4318],
  };
}

/** X-Ray has no ARNs to write to. */
function grants({ metrics, traces }: CollectorArgs): Grant[] {
  const tracing = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
  return [
    ...(metrics
      ? [
          {
            name: "collector-metrics",
            statements: [{ actions: ["aps:RemoteWrite"], resources: [metrics.workspaceArn] }],
          },
        ]
      : []),
    ...(traces ? [{ name: "collector-traces", statements: [{ actions: tracing, resources: ["*"] }] }] : []),
  ];
}
