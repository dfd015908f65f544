import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { BackupChoice } from "../backups.ts";
import type { NetworkReference } from "../network/args.ts";
import type { Overrides } from "../overrides.ts";

/** What happens when a zone fails. */
export const PostgresAvailability = {
  /** A standby in a second zone takes over within about a minute; nothing committed is lost. Twice the price. */
  multiAz: "multiAz",
  /** The zone's outage is the database's. */
  singleAz: "singleAz",
} as const;
export type PostgresAvailability = (typeof PostgresAvailability)[keyof typeof PostgresAvailability];

/** How a change of version, class or parameters reaches the running database. */
export const PostgresUpdates = {
  /** On the instance itself, with a restart: with Multi-AZ about a minute for a class, longer for a version. */
  inPlace: "inPlace",
  /**
   * On a copy that takes over, in seconds. Needs backups and a `masterPassword`, because AWS does not copy an
   * instance whose password it keeps in Secrets Manager; a major version needs `logicalReplication` beforehand.
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/blue-green-deployments-considerations.html
   */
  blueGreen: "blueGreen",
} as const;
export type PostgresUpdates = (typeof PostgresUpdates)[keyof typeof PostgresUpdates];

/** Backups, from which every second of the kept days can be restored. */
export interface PostgresBackupArgs {
  choice: BackupChoice;
  /** Days that are kept, 7 to 35. Default 7. */
  days?: number;
  /** UTC, half an hour or more, apart from the maintenance window. Default "02:00-03:00". */
  window?: string;
}

/** One setting of the server. */
export interface PostgresParameterArgs {
  /** As RDS takes it, in the parameter's own unit. */
  value: string;
  /** For a parameter that RDS calls static: it takes effect with the next restart. Default false. */
  afterRestart?: boolean;
}

export interface PostgresArgs {
  network: NetworkReference;
  /** Region in which this is made, such as eu-west-1. */
  region: string;
  /**
   * Major version, such as "17", which AWS keeps at its newest minor version; or a version such as "17.6", which
   * stays as it is.
   */
  engineVersion: string;
  backups: PostgresBackupArgs;
  alarms: AlarmArgs;
  /** Default db.t4g.medium: 2 processors, 4 GiB, burstable. */
  instanceClass?: string;
  /** GiB to begin with, 20 to 65536. Default 50. */
  storageGib?: number;
  /** GiB that storage grows to by itself, at least a tenth more than `storageGib`. Default four times as much, up to 65536. */
  storageLimitGib?: number;
  /** Default `PostgresAvailability.multiAz`. */
  availability?: PostgresAvailability;
  /** Default `PostgresUpdates.inPlace`. */
  updates?: PostgresUpdates;
  /** Lets `engineVersion` go to another major version. Default false: that is one-way and is tried on a copy first. */
  allowMajorUpgrade?: boolean;
  /** Applies changes that restart the database at once, not in the maintenance window. Default false. */
  applyImmediately?: boolean;
  /** UTC, such as "sun:04:00-sun:05:00", which is the default. */
  maintenanceWindow?: string;
  /** Database that is made at first. A change replaces the instance. Default "app". */
  databaseName?: string;
  /** Name of the administrator. A change replaces the instance. Default "postgres". */
  administrator?: string;
  /**
   * Password of the administrator, a Pulumi secret. Default: RDS makes one, keeps it in Secrets Manager and
   * changes it every 7 days.
   */
  masterPassword?: Input<string>;
  /**
   * User that holders of `grantConnect` may log in as by IAM, without a password. It is made once in SQL:
   * `CREATE USER app; GRANT rds_iam TO app;`. Default "app".
   */
  iamUser?: string;
  /** Lets other systems subscribe to changes (CDC). Takes effect with a restart. Default false. */
  logicalReplication?: boolean;
  /** Further settings of the server by name; they win over ours, but for TLS. */
  parameters?: Record<string, PostgresParameterArgs>;
  /** Key for storage, backups, the administrator's secret and Performance Insights. Default: the account's own keys. */
  kmsKeyArn?: Input<string>;
  /** Days that logs are kept, one of CloudWatch's periods. Default 365. */
  logRetentionDays?: number;
  /** RDS refuses deletion. Switch off and deploy before a destroy. Default true. */
  deletionProtection?: boolean;
  /** Leaves a snapshot when the database is deleted. Default true. */
  finalSnapshot?: boolean;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
