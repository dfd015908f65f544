// The library: everything that other stacks import, and that other languages see through the component host.

import "./lazy-sdk.ts";

export { type AlarmArgs, AlarmChoice, type AlarmSpec } from "./alarms.ts";
export type { AzureAlarmArgs, AzureAlarmSpec } from "./azure-alarms.ts";
export { BackupChoice } from "./backups.ts";
export {
  type BlobAllowArgs,
  type BlobContainerArgs,
  type BlobEndpointArgs,
  type BlobKeyArgs,
  type BlobLifecycleArgs,
  BlobRedundancy,
  type BlobStoreArgs,
} from "./blob-store/args.ts";
export { BlobStore } from "./blob-store/blob-store.ts";
export {
  type BucketOriginArgs,
  type CdnArgs,
  CdnCaching,
  type CdnCountryArgs,
  type CdnDomainArgs,
  type CdnErrorPageArgs,
  type CdnHeaderArgs,
  type CdnLogArgs,
  type CdnOriginArgs,
  type CdnPathArgs,
  CdnReach,
  type ContentSecurityArgs,
  type CorsArgs,
  type CustomOriginArgs,
  type PrivateOriginArgs,
  type ViewerCertificateArgs,
} from "./cdn/args.ts";
export { Cdn } from "./cdn/cdn.ts";
export {
  type ClusterArgs,
  type ClusterExecArgs,
  type ClusterReference,
  InsightLevel,
} from "./cluster/args.ts";
export { Cluster } from "./cluster/cluster.ts";
export {
  type ContainerRegistryArgs,
  ImageScanning,
  type PullThroughArgs,
  type RegistryReplicationArgs,
  type RepositoryArgs,
  UpstreamRegistry,
} from "./container-registry/args.ts";
export { ContainerRegistry } from "./container-registry/container-registry.ts";
export {
  type AutoscalingArgs,
  type CapacityArgs,
  type CollectorArgs,
  type DeploymentArgs,
  DeploymentStrategy,
  type FargateServiceArgs,
  type FrontArgs,
  type FurtherFrontArgs,
  ImageOwner,
  type MetricsTargetArgs,
  type OwnLoadBalancerArgs,
  type RouteArgs,
  type ScheduleArgs,
  type ServiceConnectArgs,
  type TargetHealthArgs,
} from "./fargate-service/args.ts";
export { FargateService } from "./fargate-service/fargate-service.ts";
export {
  Architecture,
  type ContainerArgs,
  type ContainerHealthArgs,
  type FileVolumeArgs,
  ImagePinning,
  PortProtocol,
  type SecretReference,
  type SidecarArgs,
  type TaskArgs,
  type TaskLogArgs,
} from "./fargate-task/args.ts";
export {
  type AccessPointArgs,
  type FileLifecycleArgs,
  type FileSystemArgs,
  FileThroughput,
} from "./file-system/args.ts";
export { FileSystem } from "./file-system/file-system.ts";
export {
  type DnsZoneReference,
  type FrontDoorArgs,
  type FrontDoorDomainArgs,
  type FrontDoorHeaderArgs,
  type FrontDoorOriginArgs,
  type FrontDoorPathArgs,
  type FrontDoorWafArgs,
  type PrivateLinkArgs,
  PrivateLinkPart,
  WafMode,
} from "./front-door/args.ts";
export { FrontDoor } from "./front-door/front-door.ts";
export type { Grant, GrantedConnection, PolicyStatement } from "./grants.ts";
export {
  ClientKind,
  type KeycloakDatabaseArgs,
  type KeycloakServerArgs,
  type RealmArgs,
  type RealmClientArgs,
  type RealmGroupArgs,
  type RealmRoleArgs,
} from "./keycloak/args.ts";
export { type KeycloakImage, keycloakContainerfile } from "./keycloak/containerfile.ts";
export type { EcsDatabaseArgs, KeycloakOnEcsArgs, SecretLoginReference } from "./keycloak/ecs-args.ts";
export { KeycloakOnEcs } from "./keycloak/keycloak-on-ecs.ts";
export { KeycloakOnKubernetes } from "./keycloak/keycloak-on-kubernetes.ts";
export {
  KeycloakEgress,
  KeycloakExposure,
  type KeycloakIngressArgs,
  KeycloakMetrics,
  type KeycloakOnKubernetesArgs,
  type KubernetesDatabaseArgs,
} from "./keycloak/kubernetes-args.ts";
export { type KeycloakWatch, keycloakAlerts, keycloakDashboard } from "./keycloak/monitoring.ts";
export type { SecretKeyArgs, SecretLoginArgs } from "./kubernetes/args.ts";
export {
  Exposure,
  type IngressArgs,
  type LoadBalancerArgs,
  type LoadBalancerLogArgs,
  type LoadBalancerReference,
  TlsPolicy,
} from "./load-balancer/args.ts";
export { LoadBalancer } from "./load-balancer/load-balancer.ts";
export {
  type AlertGroupArgs,
  type AlertRuleArgs,
  type CloudWatchQueryArgs,
  Comparison,
  type DashboardArgs,
  type PanelArgs,
  PanelKind,
  type QueryArgs,
  Severity,
  Unit,
} from "./monitoring/args.ts";
export {
  GrafanaSignIn,
  type ManagedGrafanaArgs,
  type ManagedPrometheusArgs,
  type MonitoringOnAwsArgs,
} from "./monitoring/aws-args.ts";
export {
  MonitoringExposure,
  type MonitoringIngressArgs,
  type MonitoringOnKubernetesArgs,
  type NotifyArgs,
  NotifyChoice,
  type PrometheusArgs,
  type ReceiverArgs,
  ReceiverKind,
} from "./monitoring/kubernetes-args.ts";
export type { LogsOnKubernetesArgs } from "./monitoring/logs-args.ts";
export { LogsOnKubernetes } from "./monitoring/logs-on-kubernetes.ts";
export { logsAlerts } from "./monitoring/logs-plan.ts";
export { MonitoringOnAws } from "./monitoring/monitoring-on-aws.ts";
export { MonitoringOnKubernetes } from "./monitoring/monitoring-on-kubernetes.ts";
export {
  Egress,
  type ExistingNetworkArgs,
  type FlowLogArgs,
  type NatInstanceArgs,
  type NetworkArgs,
  type NetworkReference,
  type NetworkUses,
  type TierArgs,
  TierKind,
} from "./network/args.ts";
export { Network } from "./network/network.ts";
export {
  type LifecycleRuleArgs,
  LockMode,
  type ObjectLockArgs,
  type ObjectStoreArgs,
  StoreEncryption,
  type StoreLogArgs,
  type StoreReplicationArgs,
} from "./object-store/args.ts";
export { ObjectStore } from "./object-store/object-store.ts";
export type { Overrides } from "./overrides.ts";
export {
  type PostgresArgs,
  PostgresAvailability,
  type PostgresBackupArgs,
  type PostgresParameterArgs,
  PostgresUpdates,
} from "./postgres/args.ts";
export { Postgres } from "./postgres/postgres.ts";
export { assignRoles, type RoleGrant } from "./role-grants.ts";
export type {
  RunTaskCapacity,
  RunTaskNetwork,
  RunTaskTag,
  RunTaskVpc,
  SessionAccessArgs,
  SessionRunTask,
  SessionTemplateArgs,
} from "./session-template/args.ts";
export { SessionTemplate } from "./session-template/session-template.ts";
export { SiteMode, type StaticSiteArgs } from "./static-site/args.ts";
export { StaticSite } from "./static-site/static-site.ts";
export type { WafArgs } from "./waf/rules.ts";
