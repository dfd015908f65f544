/** Names that a child may inherit; everything else stays with its parent. */
const inherited = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TMPDIR",
  "TMP",
  "TEMP",
  "TZ",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "SYSTEMROOT",
  "COMSPEC",
  "PATHEXT",
]);

/**
 * The environment that a started child gets: an allow-list of `source` with `additions` laid over it.
 * Names are compared without case, so `http_proxy` passes as `HTTP_PROXY` does; `LC_*` passes as a family.
 * Settings of ours, database addresses and access tokens are never on the list. An addition whose value is
 * `undefined` removes the name.
 */
export function baseEnvironment(
  additions: Record<string, string | undefined> = {},
  source: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const passed = Object.entries(source).filter(([name]) => isInherited(name));
  const merged = Object.entries({ ...Object.fromEntries(passed), ...additions });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function isInherited(name: string): boolean {
  const upper = name.toUpperCase();
  return inherited.has(upper) || upper.startsWith("LC_");
}
