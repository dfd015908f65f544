/** What a connection's `agentSocketPath` begins with when it names a login that this process holds. */
const prefix = "roost-agent:";
const held = new Map<string, string>();

/**
 * Holds a private key in memory for connections whose `agentSocketPath` is `roost-agent:NAME`: the stack knows the
 * name alone, so that no key is in a state, and a new key changes no resource.
 */
export function holdLogin(name: string, privateKey: string): void {
  held.set(name, privateKey);
}

/** Whether a path names a login that the platform holds. What runs by one is a job, which can be asked for again. */
export function isHeldLogin(agentSocketPath: string | undefined): boolean {
  return agentSocketPath?.startsWith(prefix) ?? false;
}

/** The key of such a path; undefined when it is a real socket's. @throws when nothing is held under the name. */
export function heldLogin(agentSocketPath: string): string | undefined {
  if (!agentSocketPath.startsWith(prefix)) return undefined;
  const name = agentSocketPath.slice(prefix.length);
  const key = held.get(name);
  if (key === undefined) throw new Error(`there is no login for ${name} here: the platform alone deploys it`);
  return key;
}
