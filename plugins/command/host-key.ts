import type { ServerHostKeyAlgorithm } from "ssh2";

export interface HostKey {
  /** The key's bytes as the server sends them. */
  bytes: Buffer;
  /** What to offer, so that a server with several keys shows this one. */
  algorithms: ServerHostKeyAlgorithm[];
}

const algorithmsOf: Record<string, ServerHostKeyAlgorithm[]> = {
  // One kind of key, three kinds of signature; today's servers no longer give the oldest.
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
};

/** Reads a public key in the form of an `authorized_keys` or `.pub` line. */
export function parseHostKey(line: string): HostKey {
  const words = line.trim().split(/\s+/);
  const at = words.findIndex((word) => word in algorithmsOf);
  const [type = "", encoded = ""] = words.slice(at);
  const bytes = Buffer.from(encoded, "base64");
  // The bytes begin with the type again, preceded by its length: a damaged line does not.
  const inner = bytes.subarray(4, 4 + type.length).toString("latin1");
  const algorithms = algorithmsOf[type];
  if (at < 0 || algorithms === undefined || inner !== type) {
    throw new Error("hostKey is not a public key; expected a line such as `ssh-ed25519 AAAA…`");
  }
  return { bytes, algorithms };
}
