import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";

/** What an engine shows the state backend: good for one attempt of one deployment. */
export function newEngineToken(): string {
  return `roost_run_${randomBytes(32).toString("base64url")}`;
}

/**
 * Where engines that were started ahead of their deployment wait: what they ask the state backend is answered once
 * there is a deployment for them.
 */
export class Gate {
  readonly #closed = new Map<string, PromiseWithResolvers<void>>();

  /** Until `open`, nothing is answered to who shows this token. */
  close(token: string): void {
    this.#closed.set(token, Promise.withResolvers());
  }

  /** One that is open stays so. */
  open(token: string): void {
    this.#closed.get(token)?.resolve();
    this.#closed.delete(token);
  }

  before(listener: RequestListener): RequestListener {
    return (request, response) => {
      const token = request.headers.authorization?.replace(/^token /, "") ?? "";
      const closed = this.#closed.get(token);
      if (closed) void closed.promise.then(() => listener(request, response));
      else listener(request, response);
    };
  }
}
