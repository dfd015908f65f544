import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { FargateService } from "../../components/index.ts";
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
