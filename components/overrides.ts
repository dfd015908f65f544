import type { Fault } from "./faults.ts";

/**
 * The escape hatch of every component: arguments of the vendor's resource that are laid over ours, by the role
 * of the child ("vpc", "subnet"). For anything else there are Pulumi's own transforms.
 */
// biome-ignore lint/suspicious/noExplicitAny: the values are any vendor argument; Pulumi's schema calls it Any
export type Overrides = Record<string, any>;

/** The arguments of one child with what the user lays over them: top-level fields replace ours. */
export function override<T extends object>(overrides: Overrides | undefined, role: string, args: T): T {
  return { ...args, ...(overrides?.[role] as Partial<T> | undefined) };
}

/** Roles that the component does not have. */
export function unknownRoles(overrides: Overrides | undefined, roles: readonly string[]): Fault[] {
  return Object.keys(overrides ?? {})
    .filter((role) => !roles.includes(role))
    .map((role) => ({
      field: `overrides.${role}`,
      value: role,
      allowed: `a child role: ${roles.join(", ")}`,
    }));
}
