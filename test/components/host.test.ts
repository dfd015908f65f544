import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { ComponentResource } from "@pulumi/pulumi";
import {
  BlobStore,
  Cdn,
  ContainerRegistry,
  FargateService,
  FileSystem,
  FrontDoor,
  ObjectStore,
  Postgres,
  SessionTemplate,
  StaticSite,
} from "../../components/index.ts";
import { record } from "../../components/testing/index.ts";
import { ComponentHost } from "./component-host.ts";
import { cluster, front, image, network } from "./fargate-service/service-lab.ts";
import { publicComponents } from "./public-components.ts";

jest.setTimeout(120_000);

const host = new ComponentHost();
beforeAll(() => host.start());
afterAll(() => host.stop());

const args = {
  cluster,
  network,
  image,
  port: 8080,
  front,
  grants: [{ name: "read-b", statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::b/*"] }] }],
  alarms: { choice: "none" as const },
};

const session = { cluster, network, image, port: 8080, ttlSeconds: 600, grants: args.grants };

const place = { accountId: "111122223333", region: "eu-west-1" };
const alarms = { choice: "notify" as const, topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] };
const store = {
  ...place,
  alarms,
  lifecycle: { old: { expireAfterDays: 400 } },
  objectLock: { mode: "GOVERNANCE" as const, days: 30 },
};
const database = {
  network,
  region: "eu-west-1",
  engineVersion: "17",
  backups: { choice: "daily" as const },
  alarms,
};
const registry = {
  ...place,
  alarms,
  repositories: { api: {}, worker: { mutableTags: ["cache-*"] } },
  pullThrough: { public: { upstream: "public.ecr.aws" as const } },
};
const files = {
  network,
  zones: ["eu-west-1a"],
  accessPoints: { uploads: {} },
  backups: "daily" as const,
  alarms,
};
const edge = {
  accountId: place.accountId,
  domains: { "www.example.com": { zoneId: "Z1" }, "example.com": { zoneId: "Z1" } },
  alarms: { choice: "notify" as const, topicArns: ["arn:aws:sns:us-east-1:111122223333:ops"] },
};
const site = { ...edge, region: place.region };
const cdn = {
  ...edge,
  origins: { app: { loadBalancer: { arn: "arn:aws:elasticloadbalancing:x", dnsName: "app.internal" } } },
  defaultPath: { origin: "app", writes: true },
  headers: { contentSecurity: { scripts: ["https://modules.example.com"] } },
};
const azure = {
  resourceGroupName: "group",
  logWorkspaceId: "workspace",
  alarms: { choice: "notify" as const, actionGroupIds: ["ops"] },
};
const blobs = { ...azure, location: "westeurope", accountName: "acme", containers: { files: {} } };
const frontDoor = {
  ...azure,
  origins: { app: { hostName: "app.example.org", checksFrontDoorId: true } },
  defaultPath: { origin: "app" },
};

describe("components for programs in other languages", () => {
  it("are constructed over gRPC with the graph of direct construction", async () => {
    const direct = await record(() => {
      const { taskFamily, serviceName, port } = new FargateService("api", args);
      return { taskFamily, serviceName, port };
    });
    const { urn, state } = await host.construct("roost-components:index:FargateService", "api", args);
    expect(urn).toBe("urn:pulumi:dev::example::roost-components:index:FargateService::api");
    expect(host.monitor.faults()).toEqual([]);
    expect(host.monitor.resources()).toEqual(direct.resources);
    expect(state).toMatchObject(direct.outputs);
  });

  it.each<[string, (name: string) => ComponentResource, Record<string, unknown>]>([
    ["ObjectStore", (name) => new ObjectStore(name, store), store],
    ["Postgres", (name) => new Postgres(name, database), database],
    ["ContainerRegistry", (name) => new ContainerRegistry(name, registry), registry],
    ["FileSystem", (name) => new FileSystem(name, files), files],
    ["Cdn", (name) => new Cdn(name, cdn), cdn],
    ["StaticSite", (name) => new StaticSite(name, site), site],
    ["BlobStore", (name) => new BlobStore(name, blobs), blobs],
    ["FrontDoor", (name) => new FrontDoor(name, frontDoor), frontDoor],
    ["SessionTemplate", (name) => new SessionTemplate(name, session), session],
  ])("are the same over gRPC: %s", async (component, make, args) => {
    const name = component.toLowerCase();
    const direct = await record(() => void make(name));
    await host.construct(`roost-components:index:${component}`, name, args);
    const made = host.monitor
      .resources()
      .filter((resource) => resource.name === name || resource.name.startsWith(`${name}-`));
    expect(host.monitor.faults()).toEqual([]);
    expect(made).toEqual(direct.resources);
  });

  it("refuse bad arguments by property", async () => {
    const bad = { ...args, cpu: 300, image: "api:1.0" };
    const refused = host.construct("roost-components:index:FargateService", "bad", bad);
    await expect(refused).rejects.toThrow(/cpu is 300.*\n.*image is "api:1.0"/);
  });

  it("are in the schema that the host tells", async () => {
    const { name, resources } = await host.schema();
    expect(name).toBe("roost-components");
    expect(Object.keys(resources).sort()).toEqual(
      publicComponents.map((component) => `roost-components:index:${component}`),
    );
  });
});
