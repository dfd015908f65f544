import { describe, expect, it } from "@jest/globals";
import { type CollectorArgs, FargateService, MonitoringOnAws } from "../../../components/index.ts";
import { find, record } from "../../../components/testing/index.ts";
import { cluster, containers, image, network, service, statements } from "./service-lab.ts";

const metrics = {
  endpoint: "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/",
  workspaceArn: "arn:aws:aps:eu-west-1:111122223333:workspace/ws-1",
};

/** The sidecar and its configuration. */
async function collected(collector: Omit<CollectorArgs, "image">, port?: number) {
  const graph = await service({ collector: { image, ...collector }, ...(port !== undefined && { port }) });
  const { main, collector: sidecar } = containers(graph);
  const variables = (container: typeof main) =>
    Object.fromEntries(
      ((container?.environment ?? []) as { name: string; value: string }[]).map((each) => [
        each.name,
        each.value,
      ]),
    );
  const config = sidecar && JSON.parse(variables(sidecar).COLLECTOR_CONFIG!);
  return { graph, sidecar, main: variables(main), config };
}

describe("a collector beside a service", () => {
  it("hands metrics of service and task to the workspace, signed with a role that may write there only", async () => {
    const { graph, config, sidecar, main } = await collected({ metrics, scrapePath: "/metrics" }, 8080);
    expect(sidecar).toMatchObject({
      command: ["--config=env:COLLECTOR_CONFIG"],
      essential: false,
      readonlyRootFilesystem: true,
      linuxParameters: { capabilities: { drop: ["ALL"] } },
    });
    expect(config.service.pipelines).toEqual({
      metrics: {
        receivers: ["otlp", "awsecscontainermetrics", "prometheus"],
        processors: ["memory_limiter", "resource", "batch"],
        exporters: ["prometheusremotewrite"],
      },
    });
    expect(config.exporters.prometheusremotewrite).toMatchObject({
      endpoint: `${metrics.endpoint}api/v1/remote_write`,
      auth: { authenticator: "sigv4auth" },
    });
    expect(config.extensions.sigv4auth).toEqual({ region: "eu-west-1", service: "aps" });
    expect(config.receivers.prometheus.config.scrape_configs).toEqual([
      {
        job_name: "api",
        scrape_interval: "30s",
        metrics_path: "/metrics",
        static_configs: [{ targets: ["127.0.0.1:8080"] }],
      },
    ]);
    expect(statements(graph, "api-grant-collector-metrics")).toEqual([
      { Effect: "Allow", Action: ["aps:RemoteWrite"], Resource: [metrics.workspaceArn] },
    ]);
    expect(main).toMatchObject({
      OTEL_SERVICE_NAME: "api",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
    });
  });

  it("shows the service a token that is in the secret store and in no configuration", async () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:metrics-AbCdEf";
    const { graph, config, sidecar } = await collected(
      { metrics, scrapePath: "/metrics", scrapeToken: { arn } },
      8080,
    );
    expect(config.receivers.prometheus.config.scrape_configs[0].authorization).toEqual({
      type: "Bearer",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the collector fills it in
      credentials: "${env:SCRAPE_TOKEN}",
    });
    expect(sidecar!.secrets).toEqual([{ name: "SCRAPE_TOKEN", valueFrom: arn }]);
    expect(JSON.stringify(statements(graph, "api-execution-policy"))).toContain(arn);
  });

  it("hands traces to X-Ray", async () => {
    const { graph, config } = await collected({ traces: true });
    expect(config.service.pipelines).toEqual({
      traces: {
        receivers: ["otlp"],
        processors: ["memory_limiter", "resource", "batch"],
        exporters: ["awsxray"],
      },
    });
    expect(statements(graph, "api-grant-collector-traces")).toEqual([
      {
        Effect: "Allow",
        Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        Resource: ["*"],
      },
    ]);
  });

  it.each<[string, Omit<CollectorArgs, "image">]>([
    ["metrics", { metrics, scrapePath: "/metrics" }],
    ["traces", { traces: true }],
    ["both", { metrics, traces: true, intervalSeconds: 60 }],
  ])(
    "names in its pipelines of %s only what it configures, and configures nothing unused",
    async (_, args) => {
      const { config } = await collected(args, 8080);
      const pipelines = Object.values(config.service.pipelines) as Record<string, string[]>[];
      for (const part of ["receivers", "processors", "exporters"]) {
        const used = new Set(pipelines.flatMap((pipeline) => pipeline[part]!));
        expect(Object.keys(config[part]).sort()).toEqual([...used].sort());
      }
      expect(Object.keys(config.extensions)).toEqual(config.service.extensions);
    },
  );

  it("listens on the task's own loopback only", async () => {
    const { config } = await collected({ metrics, traces: true });
    const { grpc, http } = config.receivers.otlp.protocols;
    for (const { endpoint } of [grpc, http, config.extensions.health_check]) {
      expect(endpoint).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it("takes what a monitoring gives out, and leaves the user's own variables", async () => {
    const graph = await record(() => {
      const watch = new MonitoringOnAws("watch", {
        region: "eu-west-1",
        prometheus: {},
        alarms: { choice: "none" },
      });
      new FargateService("api", {
        cluster,
        network,
        image,
        environment: { OTEL_SERVICE_NAME: "shop" },
        collector: {
          image,
          metrics: { endpoint: watch.prometheusEndpoint, workspaceArn: watch.workspaceArn },
        },
        alarms: { choice: "none" },
      });
    });
    const text = find(graph, "aws:ecs/taskDefinition:TaskDefinition").inputs.containerDefinitions as string;
    expect(text).toContain("watch-prometheus.prometheusEndpoint/api/v1/remote_write");
    expect(containers(graph).main!.environment).toContainEqual({ name: "OTEL_SERVICE_NAME", value: "shop" });
  });

  it("is not there when it is off", async () => {
    const { sidecar, main } = await collected({ enabled: false, metrics });
    expect([sidecar, main]).toEqual([undefined, {}]);
  });

  it.each<[string, Parameters<typeof service>[0], RegExp]>([
    ["one that gathers nothing", { collector: { image } }, /collector is "neither metrics nor traces"/],
    [
      "an image by tag",
      { collector: { image: "otel:1", metrics } },
      /sidecars\.collector\.image is "otel:1"/,
    ],
    [
      "a path without a port",
      { collector: { image, metrics, scrapePath: "/metrics" } },
      /collector\.scrapePath is "\/metrics"; allowed: nothing without port/,
    ],
    [
      "a path that nobody takes the metrics of",
      { port: 80, collector: { image, traces: true, scrapePath: "/metrics" } },
      /nothing without collector\.metrics/,
    ],
    [
      "a token for nothing",
      { port: 80, collector: { image, metrics, scrapeToken: { arn: "arn:token" } } },
      /scrapePath is missing; allowed: a path, when a token is given/,
    ],
    ["no path", { port: 80, collector: { image, metrics, scrapePath: "metrics" } }, /begins with \//],
    [
      "haste",
      { collector: { image, metrics, intervalSeconds: 1 } },
      /intervalSeconds is 1; allowed: .* 10 to 300/,
    ],
    [
      "a sidecar of its name",
      { sidecars: { collector: { image } }, collector: { image, metrics } },
      /sidecars\.collector is "collector"/,
    ],
  ])("refuses %s", async (_, args, message) => {
    await expect(service(args)).rejects.toThrow(message);
  });
});
