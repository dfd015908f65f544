import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import resourceServices from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { RecordingMonitor } from "../../components/testing/monitor.ts";
import { ROOT } from "../../toolchain/found.mjs";

type Unary = grpc.handleUnaryCall<unknown, unknown>;

const PROJECT = "example";
const STACK = "dev";

/** The host of components as a process of its own, and a recorder in the engine's place. */
export class ComponentHost {
  readonly monitor = new RecordingMonitor(PROJECT, STACK);
  readonly #engine = new grpc.Server();
  #engineAddress = "";
  #child: ChildProcess | undefined;
  #client: InstanceType<typeof providerServices.ResourceProviderClient> | undefined;

  /** @param host what Node is started with. Default: the host of this clone. */
  async start(host = [join(ROOT, "components/host.ts")]): Promise<void> {
    const { monitor } = this;
    const handle = (
      method: "registerResource" | "registerResourceOutputs" | "invoke" | "getDeploymentInfo",
    ) => ((call, reply) => monitor[method](call.request as never, reply)) satisfies Unary;
    this.#engine.addService(resourceServices.ResourceMonitorService, {
      registerResource: handle("registerResource"),
      registerResourceOutputs: handle("registerResourceOutputs"),
      invoke: handle("invoke"),
      getDeploymentInfo: handle("getDeploymentInfo"),
    });
    const ignore: Unary = (_, reply) => reply(null, new empty.Empty());
    this.#engine.addService(engineServices.EngineService, { log: ignore });
    this.#engineAddress = `127.0.0.1:${await bind(this.#engine)}`;
    this.#child = spawn(process.execPath, [...host, this.#engineAddress], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = (await once(createInterface(this.#child.stdout!), "line")) as [string];
    const Client = providerServices.ResourceProviderClient;
    this.#client = new Client(`127.0.0.1:${port.trim()}`, grpc.credentials.createInsecure());
  }

  async stop(): Promise<void> {
    this.#client?.close();
    if (this.#child && this.#child.exitCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    this.#engine.forceShutdown();
  }

  schema(): Promise<{ name: string; resources: Record<string, unknown> }> {
    return new Promise((resolve, reject) => {
      this.#client!.getSchema(new messages.GetSchemaRequest(), (error, response) =>
        error ? reject(error) : resolve(JSON.parse(response!.getSchema())),
      );
    });
  }

  /** Constructs a component as the engine asks for it on behalf of another language; its URN and outputs. */
  construct(
    type: string,
    name: string,
    inputs: Record<string, unknown>,
  ): Promise<{ urn: string; state: unknown }> {
    const request = new messages.ConstructRequest();
    request.setProject(PROJECT);
    request.setStack(STACK);
    request.setMonitorendpoint(this.#engineAddress);
    request.setType(type);
    request.setName(name);
    request.setInputs(structs.Struct.fromJavaScript(inputs as Record<string, never>));
    return new Promise((resolve, reject) => {
      this.#client!.construct(request, (error, response) =>
        error
          ? reject(error)
          : resolve({ urn: response!.getUrn(), state: response!.getState()?.toJavaScript() }),
      );
    });
  }
}

function bind(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}
