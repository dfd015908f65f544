import * as grpc from "@grpc/grpc-js";
import { ComponentResource, CustomResource, secret } from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import serverModule from "@pulumi/pulumi/automation/server.js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import languageServices from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import monitorServices from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import monitorMessages from "@pulumi/pulumi/proto/resource_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";

/** The SDK leaves the Automation API's language host out of its types. */
const { LanguageServer } = serverModule as unknown as {
  LanguageServer: new (program: PulumiFn) => grpc.UntypedServiceImplementation;
};

/** Features that change which code runs for a resource; the engine has them too. */
const features = ["secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith"];
const resources = 10;

/**
 * Runs a small program through the SDK against an engine that only says yes, so that the next program finds the
 * code compiled: the first of a process takes three times the processor time of the second.
 * The SDK keeps what belongs to a run apart from other runs.
 */
export async function warmUp(): Promise<void> {
  const server = new grpc.Server();
  server.addService(monitorServices.ResourceMonitorService, monitor);
  server.addService(engineServices.EngineService, engine);
  server.addService(languageServices.LanguageRuntimeService, new LanguageServer(program));
  const address = await listen(server);
  const client = new languageServices.LanguageRuntimeClient(address, grpc.credentials.createInsecure());
  try {
    await runProgram(client, address);
  } finally {
    client.close();
    server.forceShutdown();
  }
}

class Item extends CustomResource {}

async function program(): Promise<Record<string, unknown>> {
  const parent = new ComponentResource("roost:warm-up:Group", "group");
  const items = Array.from({ length: resources }, (_, index) => {
    const inputs = { text: `text ${index}`, list: [1, { nested: true }], hidden: secret("hidden") };
    return new Item("roost:warm-up:Item", `item-${index}`, inputs, { parent });
  });
  return Object.fromEntries(items.map(({ urn, id }, index) => [`item${index}`, { urn, id }]));
}

const sayEmpty: grpc.handleUnaryCall<unknown, unknown> = (_call, reply) =>
  reply(null, new emptyMessages.Empty());

const monitor: grpc.UntypedServiceImplementation = {
  supportsFeature(call: Call<monitorMessages.SupportsFeatureRequest>, reply: Reply) {
    const response = new monitorMessages.SupportsFeatureResponse();
    response.setHassupport(features.includes(call.request.getId()));
    reply(null, response);
  },
  registerResource({ request }: Call<monitorMessages.RegisterResourceRequest>, reply: Reply) {
    const response = new monitorMessages.RegisterResourceResponse();
    response.setUrn(`urn:pulumi:warm::up::${request.getType()}::${request.getName()}`);
    response.setId(request.getCustom() ? request.getName() : "");
    response.setObject(request.getObject());
    reply(null, response);
  },
  registerResourceOutputs: sayEmpty,
  signalAndWaitForShutdown: sayEmpty,
};

const engine: grpc.UntypedServiceImplementation = {
  log: sayEmpty,
  getRootResource: (_call: unknown, reply: Reply) =>
    reply(null, new engineMessages.GetRootResourceResponse()),
  setRootResource: (_call: unknown, reply: Reply) =>
    reply(null, new engineMessages.SetRootResourceResponse()),
};

type Call<Request> = grpc.ServerUnaryCall<Request, unknown>;
type Reply = grpc.sendUnaryData<unknown>;

function listen(server: grpc.Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    );
  });
}

function runProgram(client: languageServices.LanguageRuntimeClient, address: string): Promise<void> {
  const request = new languageMessages.RunRequest();
  request.setProject("up");
  request.setStack("warm");
  request.setOrganization("roost");
  request.setParallel(resources);
  request.setMonitorAddress(address);
  request.setArgsList([address]);
  return new Promise((resolve, reject) => {
    client.run(request, (error, response) => {
      const fault = error ?? (response?.getError() ? new Error(response.getError()) : undefined);
      if (fault) reject(fault);
      else resolve();
    });
  });
}
