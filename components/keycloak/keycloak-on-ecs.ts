import { ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { FargateService } from "../fargate-service/fargate-service.ts";
import type { SecretReference } from "../fargate-task/args.ts";
import { refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { jsonText } from "../json.ts";
import { openPath } from "../network-path.ts";
import { override } from "../overrides.ts";
import type { KeycloakOnEcsArgs } from "./ecs-args.ts";
import { checkKeycloakOnEcs, DEFAULT_KEYCLOAK_SIZE } from "./ecs-check.ts";
import { planRealm } from "./realm-plan.ts";
import {
  clientSecretVariables,
  KEYCLOAK_PORTS,
  PUBLIC_PATHS,
  planServer,
  realmFile,
  SECRET_VARIABLES,
} from "./server-plan.ts";

/** The user of Keycloak's images, and the group that may write to its folders. */
const USER = "1000:0";
/** The root is read-only; Keycloak writes compressed pages and what it imports below data, and the JVM to /tmp. */
const WRITABLE_PATHS = ["/opt/keycloak/data", "/tmp"];
const IMPORT_FOLDER = "/opt/keycloak/data/import";
/** A task has no files but those of its image: it writes the realm's before Keycloak begins. Nothing is put into it. */
const START =
  'mkdir -p "$(dirname "$ROOST_REALM_FILE")" && printf %s "$ROOST_REALM" > "$ROOST_REALM_FILE" && exec /opt/keycloak/bin/kc.sh "$@"';

/**
 * Keycloak on ECS Fargate from one typed realm: an optimized start, instances that find each other through the
 * database, health on the management port, administrators by a load balancer of their own, one instance replaced
 * at a time. The realm is made by the first start; one that is there already is left as it is.
 *
 * ```ts
 * const id = new KeycloakOnEcs("id", {
 *   cluster,
 *   network,
 *   image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/keycloak@sha256:…",
 *   url: "https://id.example.com",
 *   adminUrl: "https://id-admin.example.com",
 *   realm: { name: "shop", clients: { web: { kind: ClientKind.browser, redirectUris: ["https://shop.example.com/*"] } } },
 *   database: {
 *     host: database.host,
 *     securityGroupId: database.securityGroupId,
 *     login: { user: { arn: login.arn, field: "username" }, password: { arn: login.arn, field: "password" } },
 *   },
 *   bootstrapAdmin: { user: { arn: admin.arn, field: "username" }, password: { arn: admin.arn, field: "password" } },
 *   front,
 *   adminFront: inside,
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * ```
 *
 * A month: two instances of one processor and 2 GiB on ARM, about 60 USD; the database and load balancers extra.
 */
export class KeycloakOnEcs extends ComponentResource {
  /** Where users and applications find Keycloak. */
  readonly url: Output<string>;
  /** The realm's issuer: what tokens name and where discovery begins. */
  readonly issuer: Output<string>;
  /** Security group of the tasks. */
  readonly securityGroupId: Output<string>;
  /** Name of the ECS service. */
  readonly serviceName: Output<string>;
  readonly logGroupName: Output<string>;

  constructor(name: string, args: KeycloakOnEcsArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:KeycloakOnEcs", name, {}, opts);
    refuse("KeycloakOnEcs", name, checkKeycloakOnEcs(name, args));

    const service = makeServers(this, name, args);
    makeClusterRules(this, name, args, service.securityGroupId);

    this.url = output(args.url);
    this.issuer = output(`${args.url}/realms/${args.realm.name}`);
    this.securityGroupId = service.securityGroupId;
    this.serviceName = service.serviceName;
    this.logGroupName = service.logGroupName;
    this.registerOutputs({
      url: this.url,
      issuer: this.issuer,
      securityGroupId: this.securityGroupId,
      serviceName: this.serviceName,
      logGroupName: this.logGroupName,
    });
  }
}

function makeServers(parent: KeycloakOnEcs, name: string, args: KeycloakOnEcsArgs): FargateService {
  const { instances = 2, tags, database } = args;
  const { realm, ...overrides } = args.overrides ?? {};
  const server = planServer(args, database, false);
  const path = { port: KEYCLOAK_PORTS.management, path: "/health/ready", graceSeconds: 600 };
  return new FargateService(
    `${name}-servers`,
    {
      cluster: args.cluster,
      network: args.network,
      family: args.family ?? name,
      image: args.image,
      ...DEFAULT_KEYCLOAK_SIZE,
      ...(args.cpu !== undefined && { cpu: args.cpu }),
      ...(args.memoryMiB !== undefined && { memoryMiB: args.memoryMiB }),
      port: KEYCLOAK_PORTS.http,
      user: USER,
      writablePaths: WRITABLE_PATHS,
      entryPoint: ["/bin/bash", "-c", START, "keycloak"],
      command: [...server.arguments, "--import-realm"],
      environment: {
        ...server.environment,
        ROOST_REALM: jsonText(override(realm && { realm }, "realm", planRealm(args.realm))),
        ROOST_REALM_FILE: `${IMPORT_FOLDER}/${realmFile(args)}`,
      },
      secrets: secretsOf(args),
      stopSeconds: 60,
      front: {
        shared: args.front,
        routes: { users: { hosts: [hostOf(args.url)], paths: PUBLIC_PATHS.map((each) => `${each}*`) } },
        also: { admin: { shared: args.adminFront, routes: { all: { hosts: [hostOf(args.adminUrl)] } } } },
        health: path,
        // A user's requests are cheaper at the instance that signed him in.
        stickySeconds: 3600,
      },
      // One more than there should be, and none less: one at a time is replaced.
      deployment: {
        minimumHealthyPercent: 100,
        maximumPercent: Math.min(200, 100 + Math.ceil(100 / Math.max(1, instances))),
      },
      tasks: instances,
      autoscaling: { enabled: false },
      connect: { enabled: false },
      grants: [databaseGrant(name, args), ...(args.grants ?? [])],
      sidecars: args.sidecars,
      alarms: args.alarms,
      tags,
      overrides,
    },
    { parent },
  );
}

function secretsOf(args: KeycloakOnEcsArgs): Record<string, SecretReference> {
  const { bootstrapAdmin, database, clientSecrets = {} } = args;
  const ofClients = Object.entries(clientSecretVariables(args)).map(([variable, id]) => [
    variable,
    clientSecrets[id]!,
  ]);
  return {
    ...Object.fromEntries(ofClients),
    [SECRET_VARIABLES.databaseUser]: database.login.user,
    [SECRET_VARIABLES.databasePassword]: database.login.password,
    [SECRET_VARIABLES.adminUser]: bootstrapAdmin.user,
    [SECRET_VARIABLES.adminPassword]: bootstrapAdmin.password,
  };
}

function databaseGrant(
  name: string,
  { database: { securityGroupId, port = 5432 } }: KeycloakOnEcsArgs,
): Grant {
  return { name: `${name}-database`, connections: [{ securityGroupId, port }] };
}

/** Instances talk to each other, and nobody else to them on these ports. */
function makeClusterRules(
  parent: KeycloakOnEcs,
  name: string,
  { tags }: KeycloakOnEcsArgs,
  securityGroupId: Output<string>,
): void {
  for (const port of [KEYCLOAK_PORTS.cluster, KEYCLOAK_PORTS.clusterFailure]) {
    const says = "Instances among themselves";
    openPath(
      [securityGroupId, `${name}-to-instances-${port}`, says],
      [securityGroupId, `${name}-from-instances-${port}`, says],
      port,
      { parent, tags },
    );
  }
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}
