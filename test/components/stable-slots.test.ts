import { expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { FargateService, LoadBalancer } from "../../components/index.ts";
import { type Graph, record } from "../../components/testing/index.ts";
import { cluster, digest, network } from "./fargate-service/service-lab.ts";

jest.setTimeout(240_000);

// A listener that services share, edited 10,000 times: 20 rounds of 500 edits between two recordings.
const rounds = 20;
const editsPerRound = 500;
const services = ["api", "desk", "shop", "stock", "till", "web"];
const routes = Array.from({ length: 80 }, (_, at) => `r${at}`);
const certificates = Array.from({ length: 80 }, (_, at) => `c${at}`);

/** What somebody wrote: services with their version and routes, certificates of the listener. */
interface Estate {
  services: Map<string, { version: number; routes: Map<string, number> }>;
  certificates: Map<string, number>;
}

type Edit =
  | { kind: "route"; service: string; route: string; value: number | undefined }
  | { kind: "service"; service: string; value: number | undefined }
  | { kind: "certificate"; key: string; value: number | undefined };

const value = fc.option(fc.nat({ max: 9 }), { nil: undefined, freq: 3 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant("route" as const),
      service: fc.constantFrom(...services),
      route: fc.constantFrom(...routes),
      value,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("certificate" as const),
      key: fc.constantFrom(...certificates),
      value,
    }),
  },
  // Rare, so that most services outlive a round.
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("service" as const),
      service: fc.constantFrom("desk", "till"),
      value,
    }),
  },
);

/** Applies an edit and names the slot that it touched. */
function apply(estate: Estate, change: Edit): string {
  if (change.kind === "certificate") {
    if (change.value === undefined) estate.certificates.delete(change.key);
    else estate.certificates.set(change.key, change.value);
    return `certificate ${change.key}`;
  }
  const { service } = change;
  if (change.kind === "service") {
    const routesOfIt = estate.services.get(service)?.routes ?? new Map([["first", 0]]);
    if (change.value === undefined) estate.services.delete(service);
    else estate.services.set(service, { version: change.value, routes: routesOfIt });
    return `service ${service}`;
  }
  const found = estate.services.get(service);
  if (change.value === undefined) found?.routes.delete(change.route);
  else found?.routes.set(change.route, change.value);
  return `route ${service} ${change.route}`;
}

function recordEstate({ services: made, certificates: more }: Estate): Promise<Graph> {
  return record(() => {
    const front = new LoadBalancer("front", {
      network,
      exposure: "public",
      accountId: "111122223333",
      region: "eu-west-1",
      certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/main",
      moreCertificateArns: Object.fromEntries(
        [...more].map(([key, at]) => [key, `arn:aws:acm:eu-west-1:111122223333:certificate/${key}-${at}`]),
      ),
      alarms: { choice: "none" },
    });
    for (const [name, { version, routes: given }] of made) {
      new FargateService(name, {
        cluster,
        network,
        image: `registry.example.com/v${version}@${digest}`,
        port: 8080,
        front: {
          shared: front,
          routes: Object.fromEntries(
            [...given].map(([route, at]) => [route, { hosts: [`${route}-${at}.${name}.example.com`] }]),
          ),
        },
        alarms: { choice: "none" },
      });
    }
  });
}

/** The slot that a resource belongs to. */
function slotOf(urn: string): string {
  const name = urn.split("::").at(-1)!;
  const certificate = /^front-[a-z]+-certificate-(.+)$/.exec(name);
  if (certificate) return `certificate ${certificate[1]}`;
  const route = /^(.+)-route-(.+)$/.exec(name);
  if (route) return `route ${route[1]} ${route[2]}`;
  const service = services.find((each) => name === each || name.startsWith(`${each}-`));
  return service ? `service ${service}` : "front";
}

const inputsByUrn = (graph: Graph) =>
  new Map(graph.resources.map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));

it("10,000 random edits of services, routes and certificates change the edited slots only", async () => {
  const estate: Estate = {
    services: new Map(services.map((name) => [name, { version: 0, routes: new Map([["first", 0]]) }])),
    certificates: new Map(),
  };
  const edits = fc.sample(fc.array(edit, { minLength: editsPerRound, maxLength: editsPerRound }), {
    numRuns: rounds,
    seed: 20_261_121,
  });
  let before = inputsByUrn(await recordEstate(estate));
  let compared = 0;
  let changed = 0;
  for (const round of edits) {
    const touched = new Set(round.map((each) => apply(estate, each)));
    const after = inputsByUrn(await recordEstate(estate));
    for (const urn of new Set([...before.keys(), ...after.keys()])) {
      const slot = slotOf(urn);
      // With a service its routes come and go.
      const isTouched = touched.has(slot) || touched.has(slot.replace(/^route (\S+) .*/, "service $1"));
      if (before.get(urn) === after.get(urn)) compared += 1;
      else if (isTouched) changed += 1;
      else throw new Error(`${urn} changed, and nobody edited ${slot}`);
    }
    before = after;
  }
  // It was no walk through an empty estate.
  expect(compared).toBeGreaterThan(2_500);
  expect(changed).toBeGreaterThan(2_500);
});
