// What the two sides of the mapping look like to the script that pairs them.

/** A value: its kind, what is in it, and for an object its fields. */
export interface Shape {
  kind: "text" | "number" | "boolean" | "json" | "tags" | "map" | "list" | "object" | "any";
  /** Of an object: what its schema calls it. */
  name?: string;
  /** Of a list or a map. */
  element?: Shape;
  /** Of an object; made when asked for, because some types contain themselves. */
  fields?: () => Record<string, Field>;
}

export interface Field {
  shape: Shape;
  required: boolean;
  documentation: string;
}

/** A resource type of either side. */
export interface ResourceShape {
  /** Pulumi's token or CloudFormation's type. */
  type: string;
  inputs: Record<string, Field>;
  /** Names of what is known after it is made. */
  outputs: string[];
  /** CloudFormation only: what a Ref to it gives, when it is one value. */
  ref?: string;
}
