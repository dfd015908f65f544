import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { type CustomResourceOptions, type Input, output } from "@pulumi/pulumi";

/** What a component on Azure allows others to do with it, as data: one built-in role on one resource. */
export interface RoleGrant {
  /** Stable name, unique among the grants of one receiver: it names the assignment. */
  name: string;
  /**
   * Id of a built-in role, the same in every tenant.
   * https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
   */
  roleId: string;
  /** Id of the resource that the role is for. */
  scope: Input<string>;
}

/** Gives an identity what grants allow, such as a container app's: a grant makes nothing until somebody holds it. */
export function assignRoles(
  name: string,
  principalId: Input<string>,
  grants: readonly RoleGrant[],
  options?: CustomResourceOptions,
): void {
  for (const grant of grants) {
    new RoleAssignment(
      `${name}-${grant.name}`,
      {
        principalId,
        // Said outright, so that an identity made a moment ago is not looked up before it is everywhere.
        principalType: "ServicePrincipal",
        roleDefinitionId: output(grant.scope).apply((scope) => roleDefinitionId(scope, grant.roleId)),
        scope: grant.scope,
      },
      options,
    );
  }
}

/** The role's id as Azure answers it, in the subscription of the resource: the short form is seen as a change. */
export function roleDefinitionId(scope: string, roleId: string): string {
  const subscription = /^\/subscriptions\/[^/]+/.exec(scope)?.[0] ?? "";
  return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
}
