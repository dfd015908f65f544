import { ComponentResource } from "@pulumi/pulumi";
import * as library from "../../components/index.ts";

/** Names of the components that the library exports. */
export const publicComponents = Object.entries(library)
  .filter(
    ([, value]) =>
      typeof value === "function" && (value as { prototype: unknown }).prototype instanceof ComponentResource,
  )
  .map(([name]) => name)
  .sort();
