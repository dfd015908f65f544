import { type AddressInfo, createServer, type Socket } from "node:net";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { configurationCalls } from "./configuration-calls.ts";
import { Connection, Connections } from "./connection.ts";
import { channelOptions } from "./engine-log.ts";
import { functionCalls } from "./function-calls.ts";
import type { ProviderDefinition } from "./provider.ts";
import { resourceCalls } from "./resource-calls.ts";

/** How long running work may take to end when the server is closed. */
const graceMilliseconds = 900;

export interface Peer {
  address: string;
  port: number;
  /** Port of this server. */
  serverPort: number;
}

export interface ServeOptions {
  /** Loopback port. Default: one chosen by the system. */
  port?: number;
  /** Decides about each new connection; refused ones get PERMISSION_DENIED. Default: everyone on this machine. */
  admit?: (peer: Peer) => boolean | Promise<boolean>;
  /** Folder that relative paths refer to. Default: the process's working folder. */
  directory?: string;
  /** Engine address for engines that tell it by argument instead of by Handshake. */
  engineAddress?: string;
}

export interface Served {
  port: number;
  /** Engines connected at this moment. */
  connections(): number;
  /** Aborts all running work, ends every connection and frees the port. */
  close(): Promise<void>;
}

/**
 * Serves a provider to any number of engines at once. Sockets are accepted here and handed to gRPC, so a
 * connection's state begins and ends exactly with its socket: the work of an engine that was killed is aborted.
 */
export async function serveProvider(
  provider: ProviderDefinition,
  options: ServeOptions = {},
): Promise<Served> {
  const connections = new Connections();
  const serving = { provider, connections, directory: options.directory ?? process.cwd() };
  const server = new grpc.Server(channelOptions);
  server.addService(services.ResourceProviderService, {
    ...configurationCalls(serving),
    ...resourceCalls(serving),
    ...functionCalls(serving),
  } as unknown as grpc.UntypedServiceImplementation);
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();

  const accept = async (socket: Socket): Promise<void> => {
    const peer = { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    sockets.add(socket);
    socket.on("error", () => undefined);
    const admitted = options.admit
      ? await admits(options.admit, { ...peer, serverPort: socket.localPort ?? 0 })
      : true;
    const connection = new Connection(`${peer.address}:${peer.port}`, admitted, options.engineAddress);
    socket.once("close", () => {
      sockets.delete(socket);
      connections.drop(connection, "the engine is gone");
    });
    if (socket.destroyed) return;
    connections.add(connection);
    injector.injectConnection(socket);
    // It was paused, so that nothing of it was read before HTTP/2 took it over.
    socket.resume();
  };

  const listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => void accept(socket));
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => connections.size,
    close: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      connections.cancelAll("the provider is stopping");
      // Answers that are on their way still reach their engines; whoever takes longer is cut off.
      injector.drain(graceMilliseconds);
      const cutOff = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMilliseconds);
      await closed;
      clearTimeout(cutOff);
      injector.destroy();
      server.forceShutdown();
    },
  };
}

async function admits(admit: NonNullable<ServeOptions["admit"]>, peer: Peer): Promise<boolean> {
  try {
    return await admit(peer);
  } catch {
    // Not being able to tell who is calling is no reason to let them in.
    return false;
  }
}
