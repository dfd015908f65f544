import type { Rule } from "../rule.ts";
import { azureFrontDoor } from "./azure/front-door.ts";
import { azureSoftDelete } from "./azure/soft-delete.ts";
import { azureStorage } from "./azure/storage.ts";
import { cdnDefaultRoot } from "./cdn/default-root.ts";
import { cdnHeaders } from "./cdn/headers.ts";
import { cdnOrigins } from "./cdn/origins.ts";
import { cdnTls } from "./cdn/tls.ts";
import { ecrHygiene } from "./ecr/hygiene.ts";
import { ecsEfsVolumes } from "./ecs/efs-volumes.ts";
import { ecsInsights } from "./ecs/insights.ts";
import { ecsLogs } from "./ecs/logs.ts";
import { ecsNoPlainSecrets } from "./ecs/no-plain-secrets.ts";
import { ecsNoPrivilege } from "./ecs/no-privilege.ts";
import { ecsNoPublicIp } from "./ecs/no-public-ip.ts";
import { ecsNonRoot } from "./ecs/non-root.ts";
import { ecsPinnedImages } from "./ecs/pinned-images.ts";
import { ecsPlatform } from "./ecs/platform.ts";
import { ecsReadonlyRoot } from "./ecs/readonly-root.ts";
import { ecsRoles } from "./ecs/roles.ts";
import { ecsSafeDeployment } from "./ecs/safe-deployment.ts";
import { efsProtected } from "./efs/protected.ts";
import { armOrSpot } from "./governance/arm-or-spot.ts";
import { budget } from "./governance/budget.ts";
import { declaredDocuments } from "./governance/documents.ts";
import { idleBalancers } from "./governance/idle-balancers.ts";
import { machineSizes } from "./governance/machine-sizes.ts";
import { natGateways } from "./governance/nat-gateways.ts";
import { pinnedHosts } from "./governance/pinned-hosts.ts";
import { sessions } from "./governance/sessions.ts";
import { stageBoundaries } from "./governance/stage-boundaries.ts";
import { statefulProtected } from "./governance/stateful-protected.ts";
import { tags } from "./governance/tags.ts";
import { kmsKeys } from "./iam/keys.ts";
import { iamLeastPrivilege } from "./iam/least-privilege.ts";
import { kubernetesIsolation } from "./kubernetes/isolation.ts";
import { kubernetesRestricted } from "./kubernetes/restricted.ts";
import { kubernetesWorkloads } from "./kubernetes/workloads.ts";
import { lbHardening } from "./lb/hardening.ts";
import { lbHttps } from "./lb/https.ts";
import { publicWaf } from "./lb/public-waf.ts";
import { lbTlsPolicy } from "./lb/tls-policy.ts";
import { wafRules } from "./lb/waf-rules.ts";
import { logRetention } from "./logs/retention.ts";
import { rdsAccess } from "./rds/access.ts";
import { rdsKept } from "./rds/kept.ts";
import { rdsProtected } from "./rds/protected.ts";
import { s3Log } from "./s3/access-log.ts";
import { s3Kept } from "./s3/kept.ts";
import { s3Owner } from "./s3/owner-enforced.ts";
import { s3PublicAccess } from "./s3/public-access.ts";
import { s3TlsOnly } from "./s3/tls-only.ts";
import { s3Versions } from "./s3/versions.ts";
import { vpcEndpoints } from "./vpc/endpoints.ts";
import { vpcNetworks } from "./vpc/networks.ts";
import { securityGroups } from "./vpc/security-groups.ts";

/** Every rule of the pack. Order is that of the documentation. */
export const rules: readonly Rule[] = [
  ecsNoPublicIp,
  ecsReadonlyRoot,
  ecsNonRoot,
  ecsNoPrivilege,
  ecsNoPlainSecrets,
  ecsLogs,
  ecsInsights,
  ecsPlatform,
  ecsRoles,
  ecsSafeDeployment,
  ecsEfsVolumes,
  ecsPinnedImages,
  ecrHygiene,
  lbHttps,
  lbTlsPolicy,
  lbHardening,
  publicWaf,
  wafRules,
  cdnTls,
  cdnOrigins,
  cdnHeaders,
  cdnDefaultRoot,
  s3PublicAccess,
  s3TlsOnly,
  s3Versions,
  s3Owner,
  s3Log,
  s3Kept,
  rdsProtected,
  rdsAccess,
  rdsKept,
  efsProtected,
  securityGroups,
  vpcNetworks,
  vpcEndpoints,
  logRetention,
  kmsKeys,
  iamLeastPrivilege,
  azureStorage,
  azureSoftDelete,
  azureFrontDoor,
  kubernetesRestricted,
  kubernetesWorkloads,
  kubernetesIsolation,
  tags,
  statefulProtected,
  natGateways,
  machineSizes,
  idleBalancers,
  armOrSpot,
  budget,
  stageBoundaries,
  sessions,
  pinnedHosts,
  declaredDocuments,
];
