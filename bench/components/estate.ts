import { Key } from "@pulumi/aws/kms/key.js";
import { all, runtime } from "@pulumi/pulumi";
import {
  AlarmChoice,
  BackupChoice,
  Cluster,
  Egress,
  Exposure,
  FargateService,
  LoadBalancer,
  Network,
  ObjectStore,
  Postgres,
} from "../../components/index.ts";
import { type Graph, record } from "../../components/testing/index.ts";

const place = { accountId: "111122223333", region: "eu-west-1" };
const alarms = {
  choice: AlarmChoice.notify,
  topicArns: [`arn:aws:sns:${place.region}:${place.accountId}:operations`],
};
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** What one team has: a network, a load balancer, three services, a database, a store. */
function makeTeam(name: string): void {
  const network = new Network(`${name}-network`, {
    zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    egress: Egress.natPerAz,
    uses: { containerImages: true, logs: true, secrets: true },
  });
  const cluster = new Cluster(`${name}-cluster`, place);
  const front = new LoadBalancer(`${name}-front`, {
    ...place,
    network,
    alarms,
    exposure: Exposure.public,
    certificateArn: `arn:aws:acm:${place.region}:${place.accountId}:certificate/one`,
  });
  const database = new Postgres(`${name}-database`, {
    network,
    alarms,
    region: place.region,
    engineVersion: "17",
    backups: { choice: BackupChoice.daily },
  });
  const store = new ObjectStore(`${name}-store`, { ...place, alarms });
  for (const service of ["web", "api", "admin"]) {
    new FargateService(`${name}-${service}`, {
      cluster,
      network,
      alarms,
      image: `registry.example.com/${service}@${digest}`,
      port: 8080,
      grants: [database.grantConnect, store.grantRead],
      front: { shared: front, routes: { main: { hosts: [`${service}.${name}.example.com`] } } },
    });
  }
}

/** Builds and records an estate of that many teams. */
export function recordEstate(teams: number): Promise<Graph> {
  return record(() => {
    for (let team = 0; team < teams; team += 1) makeTeam(`team${team}`);
  });
}

/** How long that takes. */
export async function measureEstate(teams: number): Promise<{ resources: number; seconds: number }> {
  const start = performance.now();
  const graph = await recordEstate(teams);
  return { resources: graph.resources.length, seconds: (performance.now() - start) / 1000 };
}

/**
 * Seconds that the SDK's own mocks take for that many bare registrations of one small resource. With the limit of
 * stack traces at 0, which is what a user of the mocks can do: with the usual one they take about three times as
 * long. The recorder goes further, see `withoutTraces`.
 */
export async function measureMocks(resources: number): Promise<number> {
  await runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: `${name}.id`, state: inputs }),
    call: ({ inputs }) => inputs,
  });
  const usualLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const start = performance.now();
    const keys = Array.from({ length: resources }, (_, at) => new Key(`key-${at}`, { description: `${at}` }));
    await new Promise<void>((resolve) => all(keys.map(({ urn }) => urn)).apply(() => resolve()));
    return (performance.now() - start) / 1000;
  } finally {
    Error.stackTraceLimit = usualLimit;
  }
}
