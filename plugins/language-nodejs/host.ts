import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { Children } from "./children.ts";
import { installDependencies, programDependencies } from "./dependencies.ts";
import { requiredPackages } from "./packages.ts";
import { runProgram } from "./run.ts";
import { runPlugin } from "./run-plugin.ts";

const version = "3.259.0";

export interface Host {
  port: number;
  /** Ends all children of this host; resolves when they are gone. */
  end(): Promise<void>;
}

/** Serves the language runtime for Node programs to one engine, on a loopback port chosen by the system. */
export async function serveHost(engine: string): Promise<Host> {
  const children = new Children();
  let engineAddress = engine;
  const server = new grpc.Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
  });

  server.addService(services.LanguageRuntimeService, {
    handshake: unary((request: messages.LanguageHandshakeRequest) => {
      engineAddress = request.getEngineAddress() || engineAddress;
      return new messages.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new pluginMessages.PluginInfo().setVersion(version)),
    getRequiredPackages: unary(async (request: messages.GetRequiredPackagesRequest) => {
      const found = await requiredPackages(request.getInfo()?.getProgramDirectory() ?? process.cwd());
      return new messages.GetRequiredPackagesResponse().setPackagesList(found);
    }),
    run: unary((request: messages.RunRequest) => runProgram(request, engineAddress, children)),
    runPlugin: streaming((request: messages.RunPluginRequest, send) => runPlugin(request, children, send)),
    installDependencies: streaming((request: messages.InstallDependenciesRequest, send) =>
      installDependencies(request, children, send),
    ),
    about: unary(() =>
      new messages.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
    ),
    getProgramDependencies: unary(async (request: messages.GetProgramDependenciesRequest) => {
      const folder = request.getInfo()?.getProgramDirectory() || request.getPwd();
      const found = await programDependencies(folder, request.getTransitivedependencies());
      return new messages.GetProgramDependenciesResponse().setDependenciesList(found);
    }),
    cancel: unary(async () => {
      await children.end();
      return new emptyMessages.Empty();
    }),
  } as unknown as grpc.UntypedServiceImplementation);

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, end: () => children.end() };
}

function unary<Request, Response>(
  handler: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handler(call.request));
    } catch (error) {
      callback(toStatus(error));
    }
  };
}

function streaming<Request, Response>(
  handler: (request: Request, send: (message: Response) => void) => Promise<void>,
): grpc.handleServerStreamingCall<Request, Response> {
  return async (call) => {
    try {
      await handler(call.request, (message) => call.write(message));
      call.end();
    } catch (error) {
      call.emit("error", toStatus(error));
    }
  };
}

function toStatus(error: unknown): Partial<grpc.ServiceError> {
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}
