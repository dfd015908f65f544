// Serves the library to programs in other languages: `pulumi package add …/components` reads the schema from
// here, and the engine asks here for each component.

import { ComponentResource } from "@pulumi/pulumi";
import { componentProviderHost } from "@pulumi/pulumi/provider/experimental/index.js";
import * as library from "./index.ts";

type Component = typeof ComponentResource;

// Not awaited: it serves for as long as the engine lives, and the plugin runner waits for this file to load.
componentProviderHost({
  name: "roost-components",
  dirname: import.meta.dirname,
  components: Object.values(library).filter(
    (value): value is never =>
      typeof value === "function" && (value as Component).prototype instanceof ComponentResource,
  ),
});
