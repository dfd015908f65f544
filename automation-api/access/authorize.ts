import { RoostError } from "../errors.ts";
import { type Permission, type Principal, roles } from "./permissions.ts";

/** Where a permission is asked for: a project, and for writes of a deployment's engine the stack. */
export interface Scope {
  /** `null` or absent: the whole organization. */
  projectId?: string | null;
  stackId?: string;
}

/** What a deployment's engine may do to its own stack, and to other stacks (their outputs, for references). */
const engineOwn: ReadonlySet<Permission> = new Set([
  "stack:read",
  "state:read",
  "secret:read",
  "deployment:create",
  "state:write",
]);
const engineForeign: ReadonlySet<Permission> = new Set(["stack:read", "state:read", "secret:read"]);

/** Whether `principal` holds `permission` in `scope`. Pure. */
export function may(principal: Principal, permission: Permission, scope: Scope = {}): boolean {
  if (principal.kind === "system") return true;
  if (principal.kind === "deployment") {
    if (scope.stackId === principal.stackId) return engineOwn.has(permission);
    if (!engineForeign.has(permission)) return false;
    // A reference needs what its requester has: reading is enough, the engine masks what is secret.
    return boundTo(principal, "stack:read", scope.projectId);
  }
  if (principal.scopes && !principal.scopes.includes(permission)) return false;
  return boundTo(principal, permission, scope.projectId);
}

/** Throws `forbidden` naming the permission that is missing. */
export function authorize(principal: Principal, permission: Permission, scope: Scope = {}): void {
  if (!may(principal, permission, scope)) {
    throw new RoostError(
      "forbidden",
      `This needs the permission ${permission}, which ${principal.name} does not have here.`,
    );
  }
}

/**
 * The account that asks, for what everybody has of their own and nobody else sees, whatever else they may do.
 * @param what belongs to accounts, as it begins a sentence
 * @throws forbidden
 */
export function ownAccount(principal: Principal, what: string): string {
  if (principal.kind === "account") return principal.accountId;
  throw new RoostError("forbidden", `${what} belong to accounts.`);
}

/** Whether the permission is held anywhere: the first, coarse check of a route. */
export function mayAnywhere(principal: Principal, permission: Permission): boolean {
  if (principal.kind !== "account") return true;
  if (principal.scopes && !principal.scopes.includes(permission)) return false;
  return principal.bindings.some((binding) => grants(binding.role, permission));
}

/** Ids of the projects that the principal sees, or `null` for all of its organization. */
export function visibleProjects(
  principal: Principal,
  permission: Permission = "stack:read",
): string[] | null {
  if (principal.kind === "system") return null;
  if (principal.kind === "account" && principal.scopes && !principal.scopes.includes(permission)) return [];
  const held = principal.bindings.filter((binding) => grants(binding.role, permission));
  if (held.some((binding) => binding.projectId === null)) return null;
  return held.map((binding) => binding.projectId as string);
}

function boundTo(
  principal: Principal,
  permission: Permission,
  projectId: string | null | undefined,
): boolean {
  return principal.bindings.some(
    (binding) =>
      grants(binding.role, permission) &&
      (binding.projectId === null || (projectId != null && binding.projectId === projectId)),
  );
}

function grants(role: keyof typeof roles, permission: Permission): boolean {
  return (roles[role] as readonly Permission[]).includes(permission);
}
