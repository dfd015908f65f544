import type { Route } from "../http/route.ts";
import { leaseRoutes } from "./lease-routes.ts";
import { secretRoutes } from "./secret-routes.ts";
import type { StateBackend } from "./service.ts";
import { stackRoutes } from "./stack-routes.ts";
import { updateRoutes } from "./update-routes.ts";
import { userRoutes } from "./user-routes.ts";

/** The Pulumi protocol, as the pulumi command 3.259 speaks it. */
export function stateBackendRoutes(backend: StateBackend): Route[] {
  return [
    ...userRoutes(backend),
    ...stackRoutes(backend),
    ...updateRoutes(backend),
    ...leaseRoutes(backend),
    ...secretRoutes(backend),
  ];
}
