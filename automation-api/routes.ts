import { accessRoutes } from "./access/routes.ts";
import { aliasRoutes } from "./aliases/routes.ts";
import { auditRoutes } from "./audit/routes.ts";
import { benchmarkRoutes } from "./benchmarks/routes.ts";
import { configTemplateRoutes } from "./config-templates/routes.ts";
import { credentialRoutes } from "./credentials/routes.ts";
import { deploymentRoutes } from "./deployments/routes.ts";
import { environmentRoutes } from "./environments/routes.ts";
import { hostActionRoutes } from "./host-actions/routes.ts";
import { hostMigrationRoutes } from "./host-migrations/routes.ts";
import { hostRoutes } from "./hosts/routes.ts";
import type { Route } from "./http/route.ts";
import { programRoutes } from "./programs/routes.ts";
import { projectRoutes } from "./projects/routes.ts";
import { reinstallRoutes } from "./reinstalls/routes.ts";
import { resetRoutes } from "./resets/routes.ts";
import { sampleRoutes } from "./samples/routes.ts";
import { scanRoutes } from "./scans/routes.ts";
import type { Services } from "./services.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import { signInRoutes } from "./sign-in/routes.ts";
import { stateBackendRoutes } from "./state-backend/routes.ts";
import { syncRoutes } from "./sync/routes.ts";
import { systemRoutes } from "./system/routes.ts";
import { templateRoutes } from "./templates/routes.ts";
import { terminalRoutes } from "./terminal/routes.ts";
import { traceRoutes } from "./traces/routes.ts";
import { tuningRoutes } from "./tuning/routes.ts";

/** Every route of the server: the product's API and the Pulumi protocol. */
export function allRoutes(services: Services): Route[] {
  const { credentials, programs, state } = services;
  return [
    ...deploymentRoutes(services),
    ...projectRoutes(services),
    ...environmentRoutes(services.environments),
    ...programRoutes(programs),
    ...credentialRoutes(credentials),
    ...hostRoutes(services),
    ...scanRoutes(services, services.status.version),
    ...sampleRoutes(services.samples),
    ...templateRoutes(services.templates),
    ...sessionRoutes(services),
    ...hostActionRoutes(services.hostActions),
    ...reinstallRoutes(services.reinstalls),
    ...hostMigrationRoutes(services.hostMigrations),
    ...resetRoutes(services.resets),
    ...configTemplateRoutes(services.configTemplates, services.shellInstalls),
    ...tuningRoutes(services.tuning),
    ...benchmarkRoutes(services.benchmarks),
    ...traceRoutes(services.traces),
    ...aliasRoutes(services.aliases),
    ...syncRoutes(services.sync),
    ...terminalRoutes(services.shellInstalls, services.shellVersions),
    ...accessRoutes(services),
    ...signInRoutes(services.signIns, services.settings.ROOST_PUBLIC_URL),
    ...auditRoutes(services),
    ...systemRoutes(services.status),
    ...stateBackendRoutes(state),
  ];
}
