import { secretSignature, signatureKey } from "../engine-marks.ts";
import type { Checkpoint, SecretsProvider, StateBody } from "./checkpoint.ts";
import { isOwnCiphertext } from "./encryption.ts";

/** A stack as a URL names it. */
export interface StackNames {
  organization: string;
  project: string;
  stack: string;
}

/**
 * The stack whose secrets a state holds by its own account, if a server like
 * this one keeps the key: what the engine sends names that server's address,
 * its organization, project and stack.
 */
export function secretsOwner(checkpoint: Checkpoint): StackNames | undefined {
  const state = checkpoint.deployment?.secrets_providers;
  const { owner, project, stack } = serviceState(state) ?? {};
  if (typeof owner !== "string" || typeof project !== "string" || typeof stack !== "string") return undefined;
  return { organization: owner, project, stack };
}

/**
 * The checkpoint as it is stored: when its secrets belong to a stack of this
 * server, that stack is named by its id, so neither an address nor a name is
 * part of it. Secrets kept elsewhere stay as they are.
 * @param ownerIdOf id of a stack of this server.
 */
export function withoutAddress(
  checkpoint: Checkpoint,
  ownerIdOf: (names: StackNames) => string | undefined,
): Checkpoint {
  const owner = secretsOwner(checkpoint);
  const stackId = owner && ownerIdOf(owner);
  if (!checkpoint.deployment || !stackId || !mayOwnSecrets(checkpoint.deployment)) return checkpoint;
  const insecure = serviceState(checkpoint.deployment.secrets_providers)?.insecure === true;
  return withProvider(checkpoint, ownProvider(stackId, insecure ? { insecure } : {}));
}

export function ownProvider(stackId: string, flags: { insecure?: boolean } = {}): SecretsProvider {
  return { type: "service", state: { stackId, ...flags } };
}

/** Id of the stack whose key a stored checkpoint's secrets need; `undefined` when none of this server's. */
export function storedSecretsOwner(checkpoint: Checkpoint): string | undefined {
  const id = serviceState(checkpoint.deployment?.secrets_providers)?.stackId;
  return typeof id === "string" ? id : undefined;
}

/** The checkpoint as a caller gets it: with the address that it used and the names of today. */
export function withAddress(checkpoint: Checkpoint, origin: string, names: StackNames): Checkpoint {
  if (storedSecretsOwner(checkpoint) === undefined) return checkpoint;
  const { organization: owner, project, stack } = names;
  const insecure =
    serviceState(checkpoint.deployment?.secrets_providers)?.insecure === true ? { insecure: true } : {};
  return withProvider(checkpoint, {
    type: "service",
    state: { url: origin, owner, project, stack, ...insecure },
  });
}

/**
 * Whether the secrets in a state can be this server's: true unless the first
 * one found has another layout. Another server may have a stack of the same
 * name, and only the ciphertexts tell them apart.
 */
function mayOwnSecrets(body: StateBody): boolean {
  const found = firstCiphertext(body.resources ?? []);
  return found === undefined || isOwnCiphertext(Buffer.from(found, "base64"));
}

/** Whether a state holds at least one secret that this server encrypted. */
export function holdsOwnSecrets(body: StateBody): boolean {
  const found = firstCiphertext(body.resources ?? []);
  return found !== undefined && isOwnCiphertext(Buffer.from(found, "base64"));
}

function firstCiphertext(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const record = value as Record<string, unknown>;
  if (record[signatureKey] === secretSignature && typeof record.ciphertext === "string")
    return record.ciphertext;
  for (const member of Object.values(record)) {
    const found = firstCiphertext(member);
    if (found !== undefined) return found;
  }
  return undefined;
}

function serviceState(provider: SecretsProvider | null | undefined): Record<string, unknown> | undefined {
  return provider?.type === "service" ? (provider.state ?? {}) : undefined;
}

function withProvider(checkpoint: Checkpoint, provider: SecretsProvider): Checkpoint {
  if (!checkpoint.deployment) return checkpoint;
  return { ...checkpoint, deployment: { ...checkpoint.deployment, secrets_providers: provider } };
}
