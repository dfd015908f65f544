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

/** Never handed on, whatever a project asks for. */
const refused = [
  /^ROOST_/,
  /^DATABASE_URL$/,
  /^PG[A-Z]+$/,
  /^PULUMI_ACCESS_TOKEN$/,
  /^PULUMI_CONFIG_PASSPHRASE/,
  /^PULUMI_BACKEND_URL$/,
  /^PULUMI_HOME$/,
];

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
  return defined({ ...Object.fromEntries(passed), ...additions });
}

/**
 * What a project asks for beyond the allow-list.
 * @param asked names, separated by blanks or commas; a trailing `*` stands for a family, as in `AWS_*`.
 *   Secrets of the platform are left out even when they match.
 */
export function askedEnvironment(
  asked: string,
  source: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const patterns = asked.split(/[\s,]+/).filter(Boolean);
  const matches = (name: string): boolean =>
    patterns.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each)) &&
    !refused.some((pattern) => pattern.test(name));
  return defined(Object.fromEntries(Object.entries(source).filter(([name]) => matches(name))));
}

function isInherited(name: string): boolean {
  const upper = name.toUpperCase();
  return inherited.has(upper) || upper.startsWith("LC_");
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
