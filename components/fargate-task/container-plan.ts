// Container definitions, as ECS takes them, from what the user says of a container.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html

import { type Input, interpolate } from "@pulumi/pulumi";
import {
  type ContainerArgs,
  type ContainerHealthArgs,
  PortProtocol,
  type SidecarArgs,
  type TaskArgs,
} from "./args.ts";

/** Name of the main container in every task. */
export const MAIN = "main";
/** The user of images that have no other: "nonroot" by convention. */
const NOBODY = "65532:65532";
/** Folders that the agent of exec sessions writes to. */
const EXEC_PATHS = ["/var/lib/amazon", "/var/log/amazon"];

export interface TaskPlan {
  containers: Record<string, unknown>[];
  /** Volumes that are empty at each start. */
  scratchVolumes: string[];
  /** Network file systems: volume name → key in `files`. */
  fileVolumes: Record<string, string>;
}

/** The containers of a task and the volumes that they share with nobody. */
export function planContainers(
  args: Omit<TaskArgs, "cluster" | "network">,
  log: { group: Input<string>; region: Input<string> },
): TaskPlan {
  const fileVolumes = Object.fromEntries(
    Object.keys(args.files ?? {})
      .sort()
      .map((key) => [`files-${key}`, key]),
  );
  const main = {
    ...planContainer(MAIN, withExecPaths(args), log),
    essential: true,
    stopTimeout: args.stopSeconds ?? 30,
    portMappings: args.port === undefined ? [] : [planPort(args.port, args.portProtocol)],
  };
  main.mountPoints.push(
    ...Object.entries(fileVolumes).map(([sourceVolume, key]) => ({
      sourceVolume,
      containerPath: args.files![key]!.path,
      readOnly: args.files![key]!.readOnly ?? false,
    })),
  );
  const sidecars = Object.entries(args.sidecars ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    containers: [main, ...sidecars.map(([name, sidecar]) => planSidecar(name, sidecar, log))],
    scratchVolumes: [
      ...scratchVolumes(MAIN, withExecPaths(args)),
      ...sidecars.flatMap(([name, sidecar]) => scratchVolumes(name, sidecar)),
    ],
    fileVolumes,
  };
}

/** Service Connect speaks what `appProtocol` says, and passes bytes on without it. */
function planPort(containerPort: number, protocol: PortProtocol = PortProtocol.http) {
  return {
    name: MAIN,
    containerPort,
    protocol: "tcp",
    ...(protocol !== PortProtocol.tcp && { appProtocol: protocol }),
  };
}

function planSidecar(name: string, args: SidecarArgs, log: { group: Input<string>; region: Input<string> }) {
  return {
    ...planContainer(name, args, log),
    essential: args.essential ?? false,
    portMappings: [...(args.ports ?? [])]
      .sort((a, b) => a - b)
      .map((containerPort) => ({ containerPort, protocol: "tcp" })),
  };
}

function planContainer(
  name: string,
  args: ContainerArgs,
  { group, region }: { group: Input<string>; region: Input<string> },
) {
  return {
    name,
    image: args.image,
    user: args.user ?? NOBODY,
    readonlyRootFilesystem: true,
    privileged: false,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
    restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
    ...(args.command && { command: args.command }),
    ...(args.entryPoint && { entryPoint: args.entryPoint }),
    environment: byName(args.environment ?? {}).map(([key, value]) => ({ name: key, value })),
    secrets: byName(args.secrets ?? {}).map(([key, { arn, field }]) => ({
      name: key,
      valueFrom: field === undefined ? arn : interpolate`${arn}:${field}::`,
    })),
    mountPoints: (args.writablePaths ?? []).map((path) => ({
      sourceVolume: scratchVolume(name, path),
      containerPath: path,
      readOnly: false,
    })),
    volumesFrom: [],
    ...(args.health && { healthCheck: planHealth(args.health) }),
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": group,
        "awslogs-region": region,
        "awslogs-stream-prefix": name,
        // A log service that is slow must not stop the service.
        mode: "non-blocking",
        "max-buffer-size": "25m",
      },
    },
  };
}

function planHealth({
  command,
  intervalSeconds,
  timeoutSeconds,
  retries,
  startSeconds,
}: ContainerHealthArgs) {
  return {
    command: ["CMD", ...command],
    interval: intervalSeconds ?? 15,
    timeout: timeoutSeconds ?? 5,
    retries: retries ?? 3,
    startPeriod: startSeconds ?? 30,
  };
}

function withExecPaths<T extends ContainerArgs & { exec?: boolean }>(args: T): T {
  return args.exec ? { ...args, writablePaths: [...(args.writablePaths ?? []), ...EXEC_PATHS] } : args;
}

function scratchVolumes(container: string, args: ContainerArgs): string[] {
  return (args.writablePaths ?? []).map((path) => scratchVolume(container, path));
}

/** `/var/cache` of `main` → `main-var-cache`. */
function scratchVolume(container: string, path: string): string {
  return `${container}${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
}

function byName<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
