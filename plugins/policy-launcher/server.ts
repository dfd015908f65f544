import type * as grpc from "@grpc/grpc-js";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { type Admit, listen } from "./listen.ts";
import { type Loader, loadPack, packModules, setStackEnvironment } from "./pack.ts";

type Handler = grpc.handleUnaryCall<unknown, unknown>;

/**
 * Serves a policy pack that is loaded with the first question about it, and by then knows its stack: the engine
 * tells project, stack and configuration only once it is connected.
 * @returns the loopback port
 */
export async function servePack(folder: string, loader: Loader, admit: Admit): Promise<number> {
  // Name and version of a pack are read from the package.json of the working folder.
  process.chdir(folder);
  const modules = packModules(folder);
  const { grpc, services } = modules;
  let loading: Promise<grpc.UntypedServiceImplementation> | undefined;

  const delegate =
    (method: string): Handler =>
    async (call, callback) => {
      if (method === "configureStack") setStackEnvironment(call.request as AnalyzerStackConfigureRequest);
      try {
        loading ??= loadPack(folder, modules, loader);
        const handler = (await loading)[method] as Handler | undefined;
        if (handler) handler(call, callback);
        else callback({ code: grpc.status.UNIMPLEMENTED, details: `the pack does not answer ${method}` });
      } catch (error) {
        const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
        callback({
          code: grpc.status.FAILED_PRECONDITION,
          details: `the policy pack failed to load: ${details}`,
        });
      }
    };

  // Asked before the stack is known: no answer is an answer to it.
  const early = new Set(["handshake", "cancel"]);
  const methods = Object.keys(services.AnalyzerService).filter((name) => !early.has(name));
  const handlers = Object.fromEntries(methods.map((name) => [name, delegate(name)]));
  const { port } = await listen(modules, handlers as grpc.UntypedServiceImplementation, admit);
  return port;
}
