import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { checkRetention } from "../logs.ts";
import { Architecture, type ContainerArgs, ImagePinning, PortProtocol, type TaskArgs } from "./args.ts";
import { MAIN } from "./container-plan.ts";
import { checkTaskSize, DEFAULT_CPU, leastMemory } from "./task-size.ts";

/** Roles of a task's children, for `overrides`. */
export const TASK_ROLES = [
  "taskDefinition",
  "executionRole",
  "taskRole",
  "logGroup",
  "securityGroup",
  "ingressRule",
  "egressRule",
] as const;

/** Everything that is wrong with a task's arguments but its images, which are judged when they are known. */
export function checkTask(args: TaskArgs): Fault[] {
  const { cpu = DEFAULT_CPU, memoryMiB = leastMemory(cpu), sidecars = {}, files = {} } = args;
  return [
    ...checkFamily(args.family),
    ...checkTaskSize(cpu, memoryMiB),
    ...(args.imagePinning === undefined ? [] : oneOf("imagePinning", args.imagePinning, ImagePinning)),
    ...(args.architecture === undefined ? [] : oneOf("architecture", args.architecture, Architecture)),
    ...optional("port", args.port, 1, 65535),
    ...(args.portProtocol === undefined ? [] : oneOf("portProtocol", args.portProtocol, PortProtocol)),
    ...optional("storageGiB", args.storageGiB, 21, 200, "GiB"),
    ...optional("stopSeconds", args.stopSeconds, 1, 120, "seconds"),
    ...checkRetention("logs.retentionDays", args.logs?.retentionDays),
    ...checkContainer("", args),
    ...Object.entries(sidecars).flatMap(([name, sidecar]) => [
      ...checkName(`sidecars.${name}`, name),
      ...checkContainer(`sidecars.${name}.`, sidecar),
    ]),
    ...Object.entries(files).flatMap(([name, { path }]) => [
      ...checkName(`files.${name}`, name),
      ...checkPath(`files.${name}.path`, path),
    ]),
    ...checkGrants(args),
  ];
}

function checkFamily(family: string | undefined): Fault[] {
  return family === undefined || /^[A-Za-z0-9_-]{1,255}$/.test(family)
    ? []
    : [{ field: "family", value: family, allowed: "1 to 255 letters, digits, - and _" }];
}

function checkContainer(prefix: string, args: ContainerArgs): Fault[] {
  const faults = (args.writablePaths ?? []).flatMap((path, at) =>
    checkPath(`${prefix}writablePaths[${at}]`, path),
  );
  const user = args.user?.split(":")[0];
  if (user !== undefined && (/^0*$/.test(user) || user === "root")) {
    faults.push({ field: `${prefix}user`, value: args.user, allowed: "a user that is not root" });
  }
  for (const name of Object.keys(args.secrets ?? {})) {
    if (args.environment?.[name] === undefined) continue;
    faults.push({
      field: `${prefix}environment.${name}`,
      value: name,
      allowed: "names that secrets does not have",
    });
  }
  const { health } = args;
  return [
    ...faults,
    ...optional(`${prefix}health.intervalSeconds`, health?.intervalSeconds, 5, 300, "seconds"),
    ...optional(`${prefix}health.timeoutSeconds`, health?.timeoutSeconds, 2, 60, "seconds"),
    ...optional(`${prefix}health.retries`, health?.retries, 1, 10),
    ...optional(`${prefix}health.startSeconds`, health?.startSeconds, 0, 300, "seconds"),
  ];
}

function checkName(field: string, name: string): Fault[] {
  return name === MAIN || !/^[a-z][a-z0-9-]{0,39}$/.test(name)
    ? [{ field, value: name, allowed: "a name of 1 to 40 small letters, digits and -, other than main" }]
    : [];
}

function checkPath(field: string, path: string): Fault[] {
  return /^\/[\w./-]+$/.test(path) && !path.split("/").includes("..")
    ? []
    : [{ field, value: path, allowed: "an absolute path below /" }];
}

function checkGrants({ grants = [] }: TaskArgs): Fault[] {
  return grants.flatMap(({ name }, at) =>
    grants.findIndex((other) => other.name === name) < at
      ? [{ field: `grants[${at}].name`, value: name, allowed: "each name once" }]
      : [],
  );
}

function optional(
  field: string,
  value: number | undefined,
  low: number,
  high: number,
  unit?: string,
): Fault[] {
  return value === undefined ? [] : wholeNumber(field, value, low, high, unit);
}
