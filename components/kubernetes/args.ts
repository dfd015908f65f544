import type { Input } from "@pulumi/pulumi";

/** One key of a Secret in the namespace. */
export interface SecretKeyArgs {
  /** Name of the Secret. */
  secretName: Input<string>;
  /** Default password. */
  key?: string;
}

/** A user name and a password in a Secret in the namespace. */
export interface SecretLoginArgs {
  /** Name of the Secret, such as one of type kubernetes.io/basic-auth. */
  secretName: Input<string>;
  /** Default username. */
  usernameKey?: string;
  /** Default password. */
  passwordKey?: string;
}
