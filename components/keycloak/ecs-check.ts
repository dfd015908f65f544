import { checkAlarms } from "../alarms.ts";
import { SERVICE_ROLES } from "../fargate-service/check.ts";
import { checkTaskSize } from "../fargate-task/task-size.ts";
import { type Fault, wholeNumber } from "../faults.ts";
import { jsonText } from "../json.ts";
import { checkName } from "../kubernetes/names.ts";
import { override, unknownRoles } from "../overrides.ts";
import { checkClientSecrets, checkServer } from "./check.ts";
import type { KeycloakOnEcsArgs } from "./ecs-args.ts";
import { planRealm } from "./realm-plan.ts";

/** Roles of the children, for `overrides`. */
export const KEYCLOAK_ON_ECS_ROLES = ["realm", ...SERVICE_ROLES] as const;

export const DEFAULT_KEYCLOAK_SIZE = { cpu: 1024, memoryMiB: 2048 } as const;

/** Of the 64 KiB that a task definition may have the realm gets half. */
const REALM_BYTES = 32_768;

/** Everything that is wrong with the arguments, but for the image. */
export function checkKeycloakOnEcs(name: string, args: KeycloakOnEcsArgs): Fault[] {
  const { cpu, memoryMiB } = { ...DEFAULT_KEYCLOAK_SIZE, ...args };
  const faults = [
    ...unknownRoles(args.overrides, KEYCLOAK_ON_ECS_ROLES),
    ...checkServer(args, args.database),
    ...checkClientSecrets(args.realm, args.clientSecrets),
    ...checkName("name", name, 32),
    ...checkTaskSize(cpu, memoryMiB),
    ...wholeNumber("memoryMiB", memoryMiB, 2048, 122_880, "MiB"),
    ...wholeNumber("instances", args.instances ?? 2, 0, 20),
    ...checkAlarms(args.alarms),
  ];
  if (args.front === args.adminFront) {
    const allowed = "another load balancer than front: administrators do not come in where everybody does";
    faults.push({ field: "adminFront", value: "front", allowed });
  }
  if (faults.length > 0) return faults;
  const bytes = jsonText(override(args.overrides, "realm", planRealm(args.realm))).length;
  return bytes <= REALM_BYTES
    ? []
    : [
        {
          field: "realm",
          value: `${bytes} bytes`,
          allowed: `a document of at most ${REALM_BYTES} bytes on ECS`,
        },
      ];
}
