import * as pulumi from "@pulumi/pulumi";

export interface ResourceArgs {
  /** Each create, update and delete takes this long. Default: 0. */
  delayMilliseconds?: pulumi.Input<number>;
  /** The operation of this name fails. */
  fail?: pulumi.Input<"create" | "update" | "delete">;
  /** A change replaces the resource. */
  replaceKey?: pulumi.Input<string>;
  /** File that records what exists and what was done. */
  worldPath?: pulumi.Input<string>;
  /** A line that each operation logs. */
  log?: pulumi.Input<string>;
  /** Passed through to the output of the same name. */
  payload?: pulumi.Input<unknown>;
}

/** A resource that touches nothing. */
export class Resource extends pulumi.CustomResource {
  declare readonly payload: pulumi.Output<unknown>;

  constructor(name: string, args: ResourceArgs = {}, options?: pulumi.CustomResourceOptions) {
    super("noop:index:Resource", name, { payload: undefined, ...args }, options);
  }
}
