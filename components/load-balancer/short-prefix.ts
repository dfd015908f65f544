/**
 * The start of a physical name of a load balancer or target group. AWS takes 32 characters for the whole name
 * and 6 for a prefix, so names made from long component names would be refused.
 */
export function shortPrefix(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9-]/g, "").slice(0, 5);
  return `${letters.replace(/^-+|-+$/g, "") || "lb"}-`;
}
