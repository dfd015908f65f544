/** Names that are given to what must not be read. */
const telling =
  /(^|[_.-])(password|passwd|pwd|secret|token|api_?key|private_?key|access_?key|credentials?)([_.-]|$)/i;
/** Names that say where such a thing is, or how it is, and not what it is. */
const harmless =
  /(_|-|\.)(arn|id|name|file|path|url|uri|ttl|length|header|enabled|seconds|issuer|endpoint|type)$/i;
/** Forms of keys that are told apart from all other text. */
const formed =
  /^(AKIA|ASIA)[A-Z0-9]{16}$|^gh[pousr]_[A-Za-z0-9]{36,}|^xox[abprs]-|-----BEGIN [A-Z ]*PRIVATE KEY-----|^eyJ[\w-]+\.eyJ|^[a-z][a-z0-9+.-]*:\/\/[^:/@\s]+:[^@/\s]+@/;

/** Bits per character above which a long text is more likely a key than a word. */
const entropyBits = 4.3;
const entropyLength = 32;

/**
 * Why a value looks like a secret, by its name, its form or how random it is; undefined when it does not.
 * `password=${…}` placeholders and empty values are none.
 */
export function secretSign(name: string, value: string): string | undefined {
  if (value === "" || /^(\$\{.*\}|\{\{.*\}\}|arn:aws[\w-]*:.*)$/.test(value)) return undefined;
  if (formed.test(value)) return "its value has the form of a key";
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  if (telling.test(words) && !harmless.test(words)) return "of its name";
  const isWord = value.length >= entropyLength && /^[A-Za-z0-9+/=_-]+$/.test(value);
  return isWord && /\d/.test(value) && entropy(value) > entropyBits ? "its value looks random" : undefined;
}

/** Shannon's, in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
}
