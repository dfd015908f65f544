import * as grpc from "@grpc/grpc-js";
import type { Connection, Connections } from "./connection.ts";
import { type ContextSource, contextOf } from "./context.ts";
import { serviceError, toServiceError } from "./errors.ts";
import type { Context, ProviderDefinition } from "./provider.ts";
import { restoreSecrets } from "./secrets.ts";
import type { Properties } from "./values.ts";

/** What every call of one server shares. */
export interface Serving {
  provider: ProviderDefinition;
  connections: Connections;
  directory: string;
}

export interface Operation {
  urn?: string;
  preview?: boolean;
  timeoutSeconds?: number;
  properties: Properties[];
}

/** One incoming call: its connection, and a way to do cancellable work for it. */
export interface Incoming {
  connection: Connection;
  work<T>(operation: Operation, body: (context: Context) => Promise<T> | T): Promise<T>;
}

/**
 * Wraps a handler as a gRPC method: refuses strangers, binds the work to the caller's connection and to the
 * call's own end, and sends errors with secrets hidden, after every log line that came before.
 */
export function unary<Request, Response>(
  serving: Serving,
  handler: (request: Request, incoming: Incoming) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    const connection = serving.connections.find(call.getPeer());
    if (!connection?.admitted) {
      callback(serviceError(grpc.status.PERMISSION_DENIED, "this provider serves another engine"));
      return;
    }
    let failed: Partial<grpc.ServiceError> | undefined;
    const work: Incoming["work"] = (operation, body) =>
      connection.run(async (signal, controller) => {
        call.once("cancelled", () => controller.abort(new Error("cancelled")));
        const { context, origins, done } = prepare(serving, connection, operation, signal);
        try {
          context.signal.throwIfAborted();
          return await body(context);
        } catch (error) {
          const keep = (state: Properties): Properties => restoreSecrets(state, ...origins);
          failed = toServiceError(signalError(context.signal, error), context.mask, keep);
          throw error;
        } finally {
          done();
          await connection.log.flush();
        }
      });
    try {
      callback(null, await handler(call.request, { connection, work }));
    } catch (error) {
      callback(failed ?? toServiceError(error, (text) => text));
    }
  };
}

function prepare(serving: Serving, connection: Connection, operation: Operation, signal: AbortSignal) {
  const { timeoutSeconds } = operation;
  const timeout = new AbortController();
  const expire = (): void => timeout.abort(new Error(`timed out after ${timeoutSeconds} s`));
  const timer = timeoutSeconds ? setTimeout(expire, timeoutSeconds * 1_000) : undefined;
  const source: ContextSource = {
    ...operation,
    connection,
    directory: serving.directory,
    signal: AbortSignal.any([signal, timeout.signal]),
  };
  return { context: contextOf(source), origins: operation.properties, done: () => clearTimeout(timer) };
}

/** Work that ended because it was aborted says why, whatever its own last words were; a half-made state is kept. */
function signalError(signal: AbortSignal, error: unknown): unknown {
  const wasAborted = signal.aborted && (error as { name?: unknown }).name === "AbortError";
  return wasAborted ? signal.reason : error;
}
