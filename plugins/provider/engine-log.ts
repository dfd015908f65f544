import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import type { Severity } from "./provider.ts";

/** Options of every client and server here: no size limit, no bookkeeping that grows, no proxy for loopback. */
export const channelOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
} as const;

const severities = {
  debug: messages.LogSeverity.DEBUG,
  info: messages.LogSeverity.INFO,
  warning: messages.LogSeverity.WARNING,
  error: messages.LogSeverity.ERROR,
} as const;

/** Lines for the log of one engine: in order, over a client that is opened with the first line. */
export class EngineLog {
  readonly #address: () => string | undefined;
  #client: services.EngineClient | undefined;
  #last: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(address: () => string | undefined) {
    this.#address = address;
  }

  write(urn: string, severity: Severity, message: string): void {
    const request = new messages.LogRequest();
    request.setUrn(urn);
    request.setSeverity(severities[severity]);
    request.setMessage(message);
    this.#last = this.#last.then(() => this.#send(request));
  }

  /** Resolves when every line written so far has been taken by the engine, or the engine is gone. */
  flush(): Promise<void> {
    return this.#last;
  }

  /** Frees the client; a later line opens it again unless the log was ended. */
  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** Frees the client and drops later lines: nobody is left to read them. */
  end(): void {
    this.#ended = true;
    this.close();
  }

  #send(request: messages.LogRequest): Promise<void> {
    const address = this.#address();
    if (address === undefined || this.#ended) return Promise.resolve();
    this.#client ??= new services.EngineClient(address, grpc.credentials.createInsecure(), channelOptions);
    const client = this.#client;
    // A line that cannot be delivered (the engine has ended) must not fail the operation that wrote it.
    const options = { deadline: Date.now() + 5_000 };
    return new Promise((resolve) => client.log(request, new grpc.Metadata(), options, () => resolve()));
  }
}
