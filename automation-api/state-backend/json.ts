/** What the language level in tsconfig.json does not name yet: the source text of a number, and writing it back. */
interface RawJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
}
const raw = JSON as unknown as RawJson;

/** Finds text that may hold a number which does not survive a double: -0, many digits, a huge exponent. */
const suspicious = /-0(?:\.0+)?(?![.\d])|[\d.]{16}|[eE][+-]?\d{3}/;

/**
 * Like JSON.parse, except that a number which a double cannot hold keeps its
 * text, so that JSON.stringify writes the same number again. Such a number is
 * an opaque object in between; states have them only among a resource's
 * properties, which are never looked at.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return raw.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && isLossy(value, source) ? raw.rawJSON(source) : value,
  );
}

function isLossy(value: number, source: string): boolean {
  if (Object.is(value, -0) || !Number.isFinite(value)) return true;
  const digits = source.replace(/[eE].*$|\D/g, "");
  return (value === 0 && /[1-9]/.test(digits)) || (digits.length > 15 && String(value) !== source);
}
