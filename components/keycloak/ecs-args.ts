import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { ClusterReference } from "../cluster/args.ts";
import type { SecretReference, SidecarArgs } from "../fargate-task/args.ts";
import type { Grant } from "../grants.ts";
import type { LoadBalancerReference } from "../load-balancer/args.ts";
import type { NetworkReference } from "../network/args.ts";
import type { Overrides } from "../overrides.ts";
import type { KeycloakDatabaseArgs, KeycloakServerArgs } from "./args.ts";

/** A name and a password, each a secret or a field of one. */
export interface SecretLoginReference {
  user: SecretReference;
  /** Read when a task starts: one that is changed by itself, as RDS does, locks the next connection out. */
  password: SecretReference;
}

/** The database, as tasks reach it. */
export interface EcsDatabaseArgs extends KeycloakDatabaseArgs {
  /** Who Keycloak is at the database. */
  login: SecretLoginReference;
  /** Security group of the database; it gets a rule that lets Keycloak in. */
  securityGroupId: Input<string>;
}

export interface KeycloakOnEcsArgs extends KeycloakServerArgs {
  cluster: ClusterReference;
  network: NetworkReference;
  /** An image of `keycloakContainerfile` with `databaseAuthority`, by digest, for ARM. */
  image: Input<string>;
  database: EcsDatabaseArgs;
  /** The first administrator; delete him when others are there. */
  bootstrapAdmin: SecretLoginReference;
  /** Where the secret of each client of kind server or service is, by client id. */
  clientSecrets?: Record<string, SecretReference>;
  /** Leads users to the host of `url`: the paths of sign-in only, whatever else is asked of that host. */
  front: LoadBalancerReference;
  /** Leads administrators to the host of `adminUrl`: an internal one, and not `front`. */
  adminFront: LoadBalancerReference;
  alarms: AlarmArgs;
  /** 2 or more in production. 0 stops Keycloak, which some upgrades need. Default 2, at most 20. */
  instances?: number;
  /** CPU units of each, 1024 to a virtual processor. Default 1024. */
  cpu?: number;
  /** Memory of each in MiB, at least 2048. Default 2048. */
  memoryMiB?: number;
  /** Family of the task's revisions, unique in account and region. Default: the component's name. */
  family?: string;
  /** Containers beside Keycloak, by name, such as a collector of the metrics on port 9000. */
  sidecars?: Record<string, SidecarArgs>;
  /** What the tasks may do and reach besides. */
  grants?: Grant[];
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /**
   * Arguments laid over those of the children, by role; `realm` is the realm document, the others are those of
   * a FargateService.
   */
  overrides?: Overrides;
}
