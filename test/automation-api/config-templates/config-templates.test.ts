import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { configTemplateRoutes } from "../../../automation-api/config-templates/routes.ts";
import { ConfigTemplates } from "../../../automation-api/config-templates/service.ts";
import { notFound } from "../../../automation-api/errors.ts";
import type { Scans } from "../../../automation-api/scans/service.ts";
import { ShellInstalls } from "../../../automation-api/terminal/service.ts";
import { tuningRoutes } from "../../../automation-api/tuning/routes.ts";
import { Tuning } from "../../../automation-api/tuning/service.ts";
import type { Facts } from "../../../host-provisioning/facts/index.ts";
import { bareHost, containerHost, guestHost } from "../../host-provisioning/optimize/three-hosts.ts";
import { roost } from "../cli/terminal.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { withoutHosts } from "./without-hosts.ts";

let server: TestServer;
const hosts: Record<string, Facts> = { bare: bareHost(), guest: guestHost(), container: containerHost() };

/** The last scans of three hosts; how scans are made and kept is shown beside the scans. */
const scans: Pick<Scans, "discover" | "scan"> = {
  ...withoutHosts.scans,
  async discover(_principal, { host = "guest" }) {
    const facts = hosts[host];
    if (!facts) throw notFound("Host", host);
    const scan = {
      id: `scn_${host}`,
      host: { id: `hst_${host}`, name: host },
      kind: "quick" as const,
      facts: 1,
      bytes: 1,
      milliseconds: 1,
      requester: "admin",
      createdAt: "2026-01-01T00:00:00.000Z",
    };
    return { scan, facts };
  },
};

beforeAll(async () => {
  server = await startTestServer({
    routes: () => [
      ...configTemplateRoutes(
        new ConfigTemplates({ ...withoutHosts, scans }),
        new ShellInstalls(withoutHosts),
      ),
      ...tuningRoutes(new Tuning({ ...withoutHosts, scans })),
    ],
  });
}, 60_000);
afterAll(() => server.close());

const generate = (body: object) => server.call("POST", "/api/v1/config/generate", { body });

describe("configuration over HTTP", () => {
  it("lists templates with a schema of their parameters", async () => {
    const { status, body } = await server.call("GET", "/api/v1/config/templates");
    expect(status).toBe(200);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual([
      "nginx",
      "postgresql",
      "redis",
      "sysctl",
      "limits",
      "zshrc",
    ]);
    expect(body.items[0].parameters.properties.openFiles).toMatchObject({ type: "integer", minimum: 1024 });
  });

  it("generates from the last scan, with the reason of each value and what judges the file", async () => {
    const { status, body } = await generate({
      template: "postgresql",
      host: "guest",
      parameters: { workload: "oltp" },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      template: "postgresql",
      scan: "scn_guest",
      files: [{ path: "/etc/postgresql/15/main/conf.d/60-roost.conf", mode: "0644" }],
      validator: { program: "/usr/lib/postgresql/15/bin/postgres", scope: "whole" },
    });
    expect(body.choices).toContainEqual({
      setting: "shared_buffers",
      value: "512MB",
      reason: "1/4 of the memory: 2 processors and 2048 MiB, as its control group allows",
    });
    expect((await generate({ template: "limits" })).body.validator).toBeNull();
  });

  it.each([
    ["template", { template: "apache" }],
    ["parameters.openFiles", { template: "nginx", parameters: { openFiles: "many" } }],
    ["parameters.openFiles", { template: "nginx", parameters: { openFiles: 1.5 } }],
    ["parameters.workers", { template: "nginx", parameters: { workers: 3 } }],
    ["parameters.version", { template: "postgresql", host: "bare" }],
    [
      "parameters.set.vm.drop_caches",
      { template: "sysctl", host: "bare", parameters: { set: { "vm.drop_caches": 3 } } },
    ],
    ["parameters.cluster", { template: "postgresql", parameters: { cluster: "../etc" } }],
    ["host", { template: "nginx", host: "a\nb" }],
  ])("refuses %s of %j", async (field, request) => {
    const { status, body } = await generate(request);
    expect([status, body.faults?.[0]?.field]).toEqual([400, field]);
  });

  it("needs a host that there is, and the right to see it", async () => {
    expect((await generate({ template: "nginx", host: "other" })).status).toBe(404);
    const { token } = await server.tokenOf({ scopes: ["stack:read"] });
    for (const [method, path] of [
      ["GET", "/api/v1/config/templates"],
      ["GET", "/api/v1/profiles"],
    ] as const)
      expect((await server.call(method, path, { token })).status).toBe(403);
  });
});

describe("tuning profiles over HTTP", () => {
  it("are listed with their values as asked", async () => {
    const { body } = await server.call("GET", "/api/v1/profiles");
    expect(body.items).toMatchObject([
      { name: "laptop_battery", values: { disk_scheduler: "noop" }, judgements: null },
      { name: "desktop_performance", values: { tcp_congestion: "bbr" } },
      { name: "server_production", values: { file_max: "2097152" } },
    ]);
  });

  it("are judged for a host, each value with its reason", async () => {
    const { body } = await server.call("GET", "/api/v1/profiles?host=guest");
    expect(body.items[2].judgements[0]).toMatchObject({
      value: "cpu_governor",
      asked: "performance",
      verdict: "refused",
      reason: expect.stringContaining("guest"),
      source: expect.stringMatching(/^https:/),
    });
    expect((await server.call("GET", "/api/v1/profiles?host=nobody")).status).toBe(404);
  });

  it("are shown by the command line", async () => {
    const env = { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken };
    const asked = await roost(["host", "profiles"], { env });
    expect([asked.code, asked.stdout]).toEqual([
      0,
      expect.stringMatching(/^laptop_battery: [\s\S]*\nswappiness: 0\n/),
    ]);
    const judged = await roost(["host", "profiles", "container"], { env });
    expect(judged.stdout).toMatch(/^server_production: [\s\S]*\nfile_max +2097152 +refused +\w/m);
  });
});
