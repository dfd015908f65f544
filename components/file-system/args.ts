import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { BackupChoice } from "../backups.ts";
import type { NetworkReference } from "../network/args.ts";
import type { Overrides } from "../overrides.ts";

/** How much may be read and written at a time. */
export const FileThroughput = {
  /** As much as is asked for, paid by what is transferred: 0.03 USD a GB read, 0.06 written. */
  elastic: "elastic",
  /** By the size of what is kept, with credits for more: for steady, light use. It knows no archive. */
  bursting: "bursting",
} as const;
export type FileThroughput = (typeof FileThroughput)[keyof typeof FileThroughput];

/** A folder with the user that everything in it belongs to: whoever mounts it is that user. */
export interface AccessPointArgs {
  /** Default: `/` and the access point's name. A change makes another access point; the files stay where they are. */
  path?: string;
  /** Number of the user, 1 to 4294967295: not root. Default 1000. */
  uid?: number;
  /** Number of the group, 1 to 4294967295. Default 1000. */
  gid?: number;
  /** Octal permissions of the folder when it is made. Default "0750". */
  permissions?: string;
}

/** Where files go that nobody reads. */
export interface FileLifecycleArgs {
  /** Default true. */
  enabled?: boolean;
  /** Days without access until a file moves to Infrequent Access: 1, 7, 14, 30, 60, 90, 180, 270 or 365. Default 30. */
  infrequentAfterDays?: number;
  /** Days without access until a file moves to the archive, later than that. Default 90; never with bursting throughput. */
  archiveAfterDays?: number;
  /** Brings a file back when it is read. Default true. */
  backOnAccess?: boolean;
}

export interface FileSystemArgs {
  network: NetworkReference;
  /** The network's zones, as it was given them: each has an address of the file system in its data subnet. */
  zones: string[];
  /** Folders by a name of your choice. They are the only way in. */
  accessPoints: Record<string, AccessPointArgs>;
  /** `daily` keeps 35 days in AWS Backup. */
  backups: BackupChoice;
  alarms: AlarmArgs;
  /** Default `FileThroughput.elastic`. */
  throughput?: FileThroughput;
  lifecycle?: FileLifecycleArgs;
  /** Key that encrypts the files. Default: the account's own key for EFS. A change replaces the file system. */
  kmsKeyArn?: Input<string>;
  /** Pulumi refuses to delete the file system, which would delete its files. Switch off and deploy before a destroy. Default true. */
  deletionProtection?: boolean;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
