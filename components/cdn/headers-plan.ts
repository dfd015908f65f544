// The headers that each answer gets, as data.

import type { ResponseHeadersPolicyArgs } from "@pulumi/aws/cloudfront/responseHeadersPolicy.js";
import { type Fault, wholeNumber } from "../faults.ts";
import type { CdnHeaderArgs, ContentSecurityArgs } from "./args.ts";

/** What browsers are told unless told otherwise, here and by a front door. */
export const TWO_YEARS = 63_072_000;
export const DEFAULT_CUSTOM = {
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
};

/** Directive → argument with its sources, in the order in which they are written. */
const DIRECTIVES = {
  "script-src": "scripts",
  "style-src": "styles",
  "img-src": "images",
  "font-src": "fonts",
  "connect-src": "connections",
  "media-src": "media",
  "worker-src": "workers",
  "form-action": "forms",
} as const;

/** Directives that allow not even the own origin unless told otherwise. */
const CLOSED_DIRECTIVES = { "frame-src": "frames", "frame-ancestors": "frameAncestors" } as const;

/** The text of a policy: everything from the own origin only, and what the arguments add. */
export function contentSecurityPolicy(args: ContentSecurityArgs = {}): string {
  const extra: Record<string, string[]> = {
    "script-src": [
      ...(args.inlineScripts ? ["'unsafe-inline'"] : []),
      ...(args.webAssembly ? ["'wasm-unsafe-eval'"] : []),
    ],
    "style-src": args.inlineStyles ? ["'unsafe-inline'"] : [],
    "img-src": args.images ? [] : ["data:"],
  };
  return [
    "default-src 'self'",
    ...Object.entries(DIRECTIVES).map(([directive, field]) =>
      [directive, "'self'", ...(extra[directive] ?? []), ...sources(args[field])].join(" "),
    ),
    ...Object.entries(CLOSED_DIRECTIVES).map(([directive, field]) =>
      [directive, ...(sources(args[field]).length > 0 ? sources(args[field]) : ["'none'"])].join(" "),
    ),
    "object-src 'none'",
    "base-uri 'self'",
    "upgrade-insecure-requests",
  ].join("; ");
}

/** Sorted, so that the order in which they are given changes nothing. */
function sources(given: readonly string[] = []): string[] {
  return [...given].sort().map((source) => (/^sha(256|384|512)-/.test(source) ? `'${source}'` : source));
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html */
export function planHeaders(args: CdnHeaderArgs = {}): Omit<ResponseHeadersPolicyArgs, "name" | "comment"> {
  const policy = contentSecurityPolicy(args.contentSecurity);
  const reportOnly = args.contentSecurity?.reportOnly ?? false;
  const framed = (args.contentSecurity?.frameAncestors ?? []).length > 0;
  const custom = {
    ...(args.custom ?? DEFAULT_CUSTOM),
    ...(reportOnly && { "content-security-policy-report-only": policy }),
  };
  return {
    securityHeadersConfig: {
      strictTransportSecurity: {
        accessControlMaxAgeSec: args.hstsSeconds ?? TWO_YEARS,
        includeSubdomains: true,
        preload: args.hstsPreload ?? false,
        override: true,
      },
      contentTypeOptions: { override: true },
      // It knows no list of pages; where there is one, frame-ancestors says more.
      ...(!framed && { frameOptions: { frameOption: "DENY", override: false } }),
      referrerPolicy: { referrerPolicy: "strict-origin-when-cross-origin", override: false },
      // An application that writes its own, with nonces, knows better.
      ...(!reportOnly && { contentSecurityPolicy: { contentSecurityPolicy: policy, override: false } }),
    },
    ...(args.cors && {
      corsConfig: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: { items: ["*"] },
        accessControlAllowMethods: { items: ["GET", "HEAD", "OPTIONS"] },
        accessControlAllowOrigins: { items: [...args.cors.origins].sort() },
        accessControlMaxAgeSec: args.cors.maxAgeSeconds ?? 600,
        originOverride: true,
      },
    }),
    customHeadersConfig: {
      items: Object.entries(custom)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([header, value]) => ({ header, value, override: false })),
    },
    removeHeadersConfig: { items: [{ header: "x-powered-by" }] },
  };
}

export function checkHeaders(args: CdnHeaderArgs = {}): Fault[] {
  const { contentSecurity = {}, cors, hstsSeconds } = args;
  const listed = Object.values({ ...DIRECTIVES, ...CLOSED_DIRECTIVES });
  return [
    ...listed.flatMap((field) => checkSources(`headers.contentSecurity.${field}`, contentSecurity[field])),
    ...(hstsSeconds === undefined
      ? []
      : wholeNumber("headers.hstsSeconds", hstsSeconds, 0, 1_000_000_000, "seconds")),
    ...(args.hstsPreload && (hstsSeconds ?? TWO_YEARS) < 31_536_000
      ? [{ field: "headers.hstsSeconds", value: hstsSeconds, allowed: "31536000 or more with hstsPreload" }]
      : []),
    ...(cors?.origins ?? []).flatMap((origin, at) =>
      origin === "*" || /^https?:\/\/[a-z0-9.:*-]+$/.test(origin)
        ? []
        : [
            {
              field: `headers.cors.origins[${at}]`,
              value: origin,
              allowed: "https://name, without a path, or *",
            },
          ],
    ),
    ...(cors && cors.origins.length === 0
      ? [{ field: "headers.cors.origins", value: cors.origins, allowed: "at least one origin" }]
      : []),
    ...(cors?.maxAgeSeconds === undefined
      ? []
      : wholeNumber("headers.cors.maxAgeSeconds", cors.maxAgeSeconds, 0, 86_400, "seconds")),
    ...Object.entries(args.custom ?? {}).flatMap(([header, value]) =>
      /^[a-z0-9-]+$/i.test(header) && !/[\r\n]/.test(value)
        ? []
        : [{ field: `headers.custom.${header}`, value, allowed: "a header's name and one line of text" }],
    ),
  ];
}

/** A source must not end the directive, and what weakens a policy has an argument of its own that says so. */
function checkSources(field: string, given: readonly string[] = []): Fault[] {
  const SOURCE =
    /^(\*|[a-z][a-z0-9+.-]*:|((https?|wss?):\/\/)?(\*\.)?[a-z0-9.-]+(:(\d+|\*))?(\/[^\s;,'"]*)?)$/i;
  const HASH = /^sha(256|384|512)-[A-Za-z0-9+/=_-]+$/;
  return given.flatMap((source, at) =>
    SOURCE.test(source) || HASH.test(source)
      ? []
      : [
          {
            field: `${field}[${at}]`,
            value: source,
            allowed: "a host, a scheme such as data:, or a hash such as sha256-…",
          },
        ],
  );
}
