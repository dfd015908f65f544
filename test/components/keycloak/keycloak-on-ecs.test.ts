import { describe, expect, it } from "@jest/globals";
import { FargateService, KeycloakOnEcs, type KeycloakOnEcsArgs } from "../../../components/index.ts";
import { planRealm } from "../../../components/keycloak/realm-plan.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { documentType } from "../../../policies/documents.ts";
import { expectGolden } from "../../support/golden.ts";
import {
  cluster,
  containers,
  digest,
  network,
  ofType,
  shared,
  statements,
} from "../fargate-service/service-lab.ts";
import { realm } from "./example.ts";

const SERVICE = "aws:ecs/service:Service";
const TARGETS = "aws:lb/targetGroup:TargetGroup";
const RULE = "aws:lb/listenerRule:ListenerRule";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

const secret = (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`;
const login = (name: string) => ({
  user: { arn: secret(name), field: "username" },
  password: { arn: secret(name), field: "password" },
});
const inside = { listenerArn: "arn:inside", securityGroupId: "sg-inside", arnSuffix: "app/inside/1" };

const basic: KeycloakOnEcsArgs = {
  cluster,
  network,
  image: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/keycloak@${digest}`,
  url: "https://id.example.com",
  adminUrl: "https://id-admin.example.com",
  realm,
  clientSecrets: { desk: { arn: secret("desk") }, billing: { arn: secret("billing") } },
  database: { host: "id.example.internal", securityGroupId: "sg-database", login: login("database") },
  bootstrapAdmin: login("admin"),
  front: shared,
  adminFront: inside,
  alarms: { choice: "none" },
};

function keycloak(args: Partial<KeycloakOnEcsArgs> = {}): Promise<Graph> {
  return record(() => {
    const { url, issuer } = new KeycloakOnEcs("id", { ...basic, ...args });
    return { url, issuer };
  });
}

type Variables = { name: string; value?: string; valueFrom?: string }[];
interface Container {
  command: string[];
  entryPoint: string[];
  user: string;
  environment: Variables;
  secrets: Variables;
}
const main = (graph: Graph) => containers(graph).main as unknown as Container;
const variables = (list: Variables) =>
  Object.fromEntries(list.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));

describe("KeycloakOnEcs", () => {
  it("makes the graph that is kept", async () => {
    const graph = await keycloak();
    expect(namingFaults(graph)).toEqual([]);
    const made = graph.resources.filter(({ type }) => type !== documentType);
    expect(children(graph, "id")).toHaveLength(made.length - 1);
    expect(graph.outputs).toEqual({
      url: "https://id.example.com",
      issuer: "https://id.example.com/realms/shop",
    });
    expectGolden(graph, "test/components/keycloak/fixtures/ecs.json");
  });

  it("starts as on Kubernetes, with the realm as a file of its own", async () => {
    const container = main(await keycloak());
    expect(container.command).toEqual(["start", "--optimized", "--import-realm"]);
    expect(container.user).toBe("1000:0");
    const environment = variables(container.environment);
    expect(environment).toMatchObject({
      KC_CACHE_STACK: "jdbc-ping",
      KC_CACHE_EMBEDDED_MTLS_ENABLED: "true",
      KC_HOSTNAME: "https://id.example.com",
      KC_HOSTNAME_ADMIN: "https://id-admin.example.com",
      ROOST_REALM_FILE: "/opt/keycloak/data/import/shop-realm.json",
    });
    expect(JSON.parse(environment.ROOST_REALM!)).toEqual(planRealm(realm));
    // What is run by the shell is the same for every realm: nothing can be put into it.
    const { entryPoint: other } = main(await keycloak({ realm: { ...realm, displayName: "$(id)'" } }));
    expect(other).toEqual(container.entryPoint);
  });

  it("takes every secret by reference, and may read exactly those", async () => {
    const graph = await keycloak();
    const { secrets } = main(graph);
    expect(variables(secrets)).toEqual({
      CLIENT_SECRET_BILLING: secret("billing"),
      CLIENT_SECRET_DESK: secret("desk"),
      KC_BOOTSTRAP_ADMIN_PASSWORD: `${secret("admin")}:password::`,
      KC_BOOTSTRAP_ADMIN_USERNAME: `${secret("admin")}:username::`,
      KC_DB_PASSWORD: `${secret("database")}:password::`,
      KC_DB_USERNAME: `${secret("database")}:username::`,
    });
    const read = statements(graph, "id-servers-execution-policy").find((each) =>
      JSON.stringify(each).includes("secretsmanager:GetSecretValue"),
    ) as { Resource: string[] };
    expect([...read.Resource].sort()).toEqual(["admin", "billing", "database", "desk"].map(secret).sort());
  });

  it("shows users sign-in only, and administrators everything by a load balancer of their own", async () => {
    const graph = await keycloak();
    const rules = ofType(graph, RULE).map(({ inputs }) => [
      inputs.listenerArn,
      (
        inputs.conditions as { hostHeader?: { values: string[] }; pathPattern?: { values: string[] } }[]
      ).flatMap(({ hostHeader, pathPattern }) => hostHeader?.values ?? pathPattern!.values),
    ]);
    expect(rules.sort()).toEqual([
      ["arn:inside", ["id-admin.example.com"]],
      ["arn:listener", ["id.example.com", "/realms/*", "/resources/*", "/.well-known/*"]],
    ]);
    const { loadBalancers } = find(graph, SERVICE).inputs as { loadBalancers: object[] };
    expect(loadBalancers).toHaveLength(2);
    for (const { inputs } of ofType(graph, TARGETS)) {
      expect(inputs.healthCheck).toMatchObject({ port: "9000", path: "/health/ready" });
    }
  });

  it("opens each port to who needs it", async () => {
    const into = ofType(await keycloak(), INGRESS).map(
      ({ inputs }) => `${inputs.referencedSecurityGroupId} ${inputs.fromPort} ${inputs.securityGroupId}`,
    );
    const own = "id-servers-group.id";
    expect(into.sort()).toEqual(
      [
        ...["sg-front", "sg-inside"].flatMap((group) => [`${group} 8080 ${own}`, `${group} 9000 ${own}`]),
        `${own} 7800 ${own}`,
        `${own} 57800 ${own}`,
        `${own} 5432 sg-database`,
      ].sort(),
    );
  });

  it.each([
    [1, 200],
    [2, 150],
    [3, 134],
    [20, 105],
  ])("replaces one of %d instances at a time", async (instances, most) => {
    expect(find(await keycloak({ instances }), SERVICE).inputs).toMatchObject({
      desiredCount: instances,
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: most,
    });
  });

  it.each<[Partial<KeycloakOnEcsArgs>, RegExp]>([
    [{ adminFront: shared }, /adminFront/],
    [{ clientSecrets: {} }, /clientSecrets\.(desk|billing)/],
    [{ clientSecrets: { ...basic.clientSecrets, web: { arn: secret("web") } } }, /clientSecrets\.web/],
    [{ adminUrl: basic.url }, /adminUrl/],
    [{ cpu: 300 }, /cpu/],
    [{ memoryMiB: 1024 }, /memoryMiB/],
    [{ instances: 21 }, /instances/],
    [{ image: "keycloak:26" }, /image/],
    [{ overrides: { nothing: {} } }, /overrides\.nothing/],
    [{ overrides: { realm: { attributes: { text: "x".repeat(33_000) } } } }, /at most 32768 bytes/],
  ])("refuses %j", async (args, message) => {
    await expect(keycloak(args)).rejects.toThrow(message);
  });
});

describe("FargateService behind several load balancers", () => {
  const also = { inside: { shared: inside, routes: { all: { hosts: ["a.example.com"] } } } };
  const make = (args: object) =>
    record(() => {
      new FargateService("api", {
        cluster,
        network,
        image: basic.image,
        port: 8080,
        alarms: { choice: "none" },
        front: { shared, routes: { main: { hosts: ["b.example.com"] } }, also },
        ...args,
      });
    });

  it("refuses them with deployments that move traffic at one", async () => {
    await expect(make({ deployment: { strategy: "BLUE_GREEN" } })).rejects.toThrow(/front\.also/);
  });

  it("waits for all routes before it registers tasks", async () => {
    const graph = await make({});
    const routes = ofType(graph, RULE).map(({ urn }) => urn);
    expect(routes).toHaveLength(2);
    expect(find(graph, SERVICE).dependsOn).toEqual(expect.arrayContaining(routes));
  });
});
