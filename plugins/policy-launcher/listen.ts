import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type * as grpc from "@grpc/grpc-js";
import type { Peer } from "../provider/index.ts";
import type { PackModules } from "./pack.ts";

/** Decides about each connection: what is attached by gRPC has no other lock. */
export type Admit = (peer: Peer) => boolean | Promise<boolean>;

/**
 * Serves a pack's answers at a loopback port until the process ends.
 * @param implementation of the service of analyzers
 */
export async function listen(
  { grpc, services }: PackModules,
  implementation: grpc.UntypedServiceImplementation,
  admit: Admit,
): Promise<{ port: number; listener: Server }> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
  });
  server.addService(services.AnalyzerService, implementation);
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const accept = async (socket: Socket): Promise<void> => {
    socket.on("error", () => undefined);
    const { remoteAddress = "", remotePort = 0, localPort = 0 } = socket;
    const peer = { address: remoteAddress, port: remotePort, serverPort: localPort };
    const isAdmitted = await Promise.resolve(admit(peer)).catch(() => false);
    if (!isAdmitted) socket.destroy();
    if (socket.destroyed) return;
    injector.injectConnection(socket);
    socket.resume();
  };
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => void accept(socket));
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  return { port: (listener.address() as AddressInfo).port, listener };
}
