/** "IPV6Enabled" and "ipv6_enabled" are the same name. */
export const normal = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** A name without what makes it plural: Pulumi's lists are, CloudFormation's often not. */
function stems(name: string): string[] {
  const plain = normal(name);
  return [plain, plain.replace(/s$/, ""), plain.replace(/es$/, ""), plain.replace(/ies$/, "y")];
}

/** The key that is the same name: first but for case, then but for plural. */
export function findByName(name: string, among: Record<string, unknown>): string | undefined {
  const keys = Object.keys(among);
  const own = stems(name);
  return (
    keys.find((key) => normal(key) === normal(name)) ??
    keys.find((key) => stems(key).some((stem) => own.includes(stem)))
  );
}
