import http, { type IncomingMessage } from "node:http";
import { json, text } from "node:stream/consumers";

const answerMilliseconds = 30_000;

/** What the daemon refused, in its own words. */
export class DockerError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(`Docker: ${message}`);
    this.status = status;
  }
}

export interface DockerRequest {
  method?: "GET" | "POST" | "DELETE";
  query?: Record<string, string>;
  body?: object;
  signal?: AbortSignal;
}

/** The Docker Engine API over the daemon's socket: https://docs.docker.com/reference/api/engine/ */
export interface DockerApi {
  /** @throws DockerError for every status from 400 on. A reply without a body is undefined. */
  call<T>(path: string, request?: DockerRequest): Promise<T>;
  /** The reply as it comes; it lasts until it is read or `signal` aborts. */
  stream(path: string, request?: DockerRequest): Promise<IncomingMessage>;
}

export function openDockerApi(socketPath: string): DockerApi {
  async function stream(path: string, { method = "GET", query, body, signal }: DockerRequest = {}) {
    const search = query ? `?${new URLSearchParams(query)}` : "";
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = http.request({
        socketPath,
        path: path + search,
        method,
        signal,
        headers: {
          host: "docker",
          ...(sent !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(sent),
          }),
        },
      });
      request.once("response", resolve);
      request.once("error", (cause) =>
        reject(new Error(`No Docker daemon answers at ${socketPath}: ${cause.message}`, { cause })),
      );
      request.end(sent);
    });
    const status = reply.statusCode ?? 500;
    if (status < 400) return reply;
    const said = await text(reply);
    throw new DockerError(status, messageIn(said) || `status ${status}`);
  }

  async function call<T>(path: string, request: DockerRequest = {}): Promise<T> {
    const signals = [AbortSignal.timeout(answerMilliseconds), ...(request.signal ? [request.signal] : [])];
    const reply = await stream(path, { ...request, signal: AbortSignal.any(signals) });
    const isJson = reply.headers["content-type"]?.startsWith("application/json");
    return (isJson ? await json(reply) : void (await text(reply))) as T;
  }

  return { call, stream };
}

function messageIn(said: string): string {
  try {
    return String((JSON.parse(said) as { message?: unknown }).message ?? said);
  } catch {
    return said.trim();
  }
}

export interface DaemonFacts {
  version: string;
  apiVersion: string;
  /** `<system>/<architecture>` */
  platform: string;
}

/** Asks the daemon who it is. @throws when none answers */
export async function daemonOf(socketPath: string): Promise<DaemonFacts> {
  const { Version, ApiVersion, Os, Arch } = await openDockerApi(socketPath).call<Record<string, string>>(
    "/version",
    { signal: AbortSignal.timeout(5_000) },
  );
  return { version: String(Version), apiVersion: String(ApiVersion), platform: `${Os}/${Arch}` };
}
