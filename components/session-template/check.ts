import { checkTask, TASK_ROLES } from "../fargate-task/check.ts";
import { type Fault, wholeNumber } from "../faults.ts";
import type { PolicyStatement } from "../grants.ts";
import { unknownRoles } from "../overrides.ts";
import type { SessionAccessArgs, SessionTemplateArgs } from "./args.ts";
import { OWN_SESSION } from "./session-policy.ts";

/** Roles of the children, for `overrides`. */
export const SESSION_TEMPLATE_ROLES = [...TASK_ROLES, "sessionRole"] as const;

/** Four hours. */
export const DEFAULT_TTL_SECONDS = 14_400;

/** Everything that is wrong with a template's name and arguments but its images. */
export function checkSessionTemplate(name: string, args: SessionTemplateArgs): Fault[] {
  const { ttlSeconds = DEFAULT_TTL_SECONDS, port, access } = args;
  const isName = /^[A-Za-z][A-Za-z0-9-]{0,39}$/.test(name);
  const named = "1 to 40 letters, digits and -, beginning with a letter";
  return [
    ...(isName ? [] : [{ field: "name", value: name, allowed: named }]),
    ...unknownRoles(args.overrides, SESSION_TEMPLATE_ROLES),
    ...checkTask(args),
    ...(port === undefined
      ? [{ field: "port", value: port, allowed: "the port that users of a session are led to" }]
      : []),
    ...wholeNumber("ttlSeconds", ttlSeconds, 60, 604_800, "seconds"),
    ...(access ? checkAccess(access) : []),
  ];
}

function checkAccess({ statements }: SessionAccessArgs): Fault[] {
  if (statements.length === 0) {
    return [{ field: "access.statements", value: [], allowed: "at least one statement, or no access" }];
  }
  return statements.flatMap((statement, at) =>
    isOwnOnly(statement)
      ? []
      : [
          {
            field: `access.statements[${at}]`,
            value: statement.actions,
            allowed: `a statement whose resources, or a condition, name ${OWN_SESSION}`,
          },
        ],
  );
}

/** Every resource names the session, or a condition holds for all of them. */
function isOwnOnly({ resources, conditions = {} }: PolicyStatement): boolean {
  const names = (value: unknown) => typeof value === "string" && value.includes(OWN_SESSION);
  const conditional = Object.values(conditions).flatMap((keys) => Object.values(keys));
  return conditional.some(names) || (resources.length > 0 && resources.every(names));
}
