/** What a connection's `agentSocketPath` begins with when it names a login that this process holds. */
const prefix = "roost-agent:";
const held = new Map<string, HeldLogin>();

/** A private key, or a password. */
export type HeldLogin = { privateKey: string } | { password: string };

/**
 * Holds a login in memory for connections whose `agentSocketPath` is `roost-agent:NAME`: the stack knows the name
 * alone, so that no key and no password is in a state, and a new one changes no resource.
 */
export function holdLogin(name: string, login: HeldLogin): void {
  held.set(name, login);
}

/** Whether a path names a login that the platform holds. What runs by one is a job, which can be asked for again. */
export function isHeldLogin(agentSocketPath: string | undefined): boolean {
  return agentSocketPath?.startsWith(prefix) ?? false;
}

/** What such a path names; undefined when it is a real socket's. @throws when nothing is held under the name. */
export function heldLogin(agentSocketPath: string): HeldLogin | undefined {
  if (!agentSocketPath.startsWith(prefix)) return undefined;
  const name = agentSocketPath.slice(prefix.length);
  const login = held.get(name);
  if (login === undefined)
    throw new Error(`there is no login for ${name} here: the platform alone deploys it`);
  return login;
}
