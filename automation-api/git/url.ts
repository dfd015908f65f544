import { invalid } from "../errors.ts";
import type { GitRemote } from "./command.ts";
import { type AllowRule, type Lookup, resolveOutbound } from "./outbound.ts";

/**
 * Reads the url of a repository. What is returned is rebuilt by the parser,
 * so git and curl see the same host as the checks do.
 * @param field the input that it came from, for the error.
 * @throws invalid for anything but a plain http(s) address.
 */
export function parseGitUrl(text: string, field: string): URL {
  // The parser would drop tabs and line breaks without a word.
  if (/[\p{Cc}\s\\]/u.test(text)) throw invalid(field, "has spaces, control characters or backslashes");
  if (text.startsWith("-")) throw invalid(field, "starts with a dash");
  const url = URL.parse(text);
  if (!url) throw invalid(field, "expected an address such as https://git.example.com/team/repository.git");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalid(field, "only https is supported", { given: url.protocol, allowed: "https:" });
  }
  if (url.username || url.password)
    throw invalid(field, "holds a user or password; store them as a credential");
  if (url.search || url.hash) throw invalid(field, "must have no query and no fragment");
  if (url.hostname.endsWith(".")) throw invalid(field, "has a host that ends with a dot");
  if (!/^https?:\/\/[^/]/i.test(text)) throw invalid(field, "expected https:// and a host");
  return url;
}

/**
 * Reads the url of a repository, resolves its host once, and pins what was found.
 * @throws invalid for an address that is not public and not allowed, and for plain http that is not allowed.
 */
export async function gitRemote(
  text: string,
  options: { rules: readonly AllowRule[]; field: string; lookup?: Lookup },
): Promise<Pick<GitRemote, "url" | "target">> {
  const url = parseGitUrl(text, options.field);
  const target = await resolveOutbound(url, options);
  if (url.protocol === "http:" && !target.allowed) {
    throw invalid(options.field, "plain http is for hosts in ROOST_OUTBOUND_ALLOW only", {
      allowed: "https:",
    });
  }
  return { url, target };
}
