/** Limits of the HTTP surface, in one place. */

/** JSON body after decompression, unless its route says otherwise. */
export const bodyBytes = 1024 * 1024;
/** Nesting of a JSON body; state of the pulumi protocol holds nested resource properties. */
export const jsonDepth = 32;
export const wireJsonDepth = 256;
export const headerBytes = 16 * 1024;
export const urlCharacters = 8 * 1024;

/** A client must have sent its headers, and its whole request, within these times. */
export const headersMs = 20_000;
export const requestMs = 300_000;
/** Longer than common proxies keep theirs, so that they and not we close an idle connection. */
export const keepAliveMs = 75_000;

/** Failed logins per minute and address before the answer is 429. */
export const loginFailuresPerMinute = 30;
/** Sign-ins that are begun per minute and address: a whole office may have one address. */
export const signInsPerMinute = 300;
/** State-changing requests per minute and account. Far above what a script of one person does. */
export const changesPerMinute = 6_000;

/** Open event streams and WebSockets per account. */
export const streamsPerAccount = 1_000;
export const heartbeatMs = 15_000;
/** A reader that takes nothing for so long is let go; it resumes with Last-Event-ID. */
export const stalledReaderMs = 30_000;

/** A repeated Idempotency-Key waits so long for the first request, then gets 409. */
export const idempotencyWaitMs = 5_000;
/** No request of this age is still at work: its process has died. */
export const idempotencyStaleSeconds = 120;
