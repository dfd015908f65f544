import * as grpc from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { type Serving, unary } from "./calls.ts";
import { diffInputs } from "./diff.ts";
import { toDiffResponse } from "./diff-response.ts";
import { serviceError } from "./errors.ts";
import { plain } from "./secrets.ts";
import { fromStruct } from "./values.ts";

/** The calls with which an engine gets to know a provider and configures it, once per connection. */
export function configurationCalls(serving: Serving) {
  const { provider, connections } = serving;
  return {
    handshake: unary(serving, (request: messages.ProviderHandshakeRequest, { connection }) => {
      connection.begin(request.getEngineAddress());
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      return response;
    }),
    attach: unary(serving, (request: pluginMessages.PluginAttach, { connection }) => {
      connection.begin(request.getAddress());
      return new emptyMessages.Empty();
    }),
    getPluginInfo: unary(serving, () => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(provider.version);
      return info;
    }),
    getSchema: unary(serving, () => {
      const response = new messages.GetSchemaResponse();
      const { name, version } = provider;
      response.setSchema(JSON.stringify({ name, version, ...provider.schema }));
      return response;
    }),
    checkConfig: unary(serving, (request: messages.CheckRequest) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: unary(serving, (request: messages.DiffRequest) => {
      const old = fromStruct(request.getOldInputs() ?? request.getOlds());
      return toDiffResponse(diffInputs(old, fromStruct(request.getNews())));
    }),
    configure: unary(serving, async (request: messages.ConfigureRequest, { connection, work }) => {
      connection.rawConfig = fromStruct(request.getArgs());
      const config = plain(connection.rawConfig);
      connection.config = await work({ properties: [connection.rawConfig] }, (context) =>
        provider.configure ? provider.configure(context, config) : config,
      );
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setSupportspreview(true);
      return response;
    }),
    cancel: unary(serving, (_: emptyMessages.Empty, { connection }) => {
      connections.cancel(connection);
      return new emptyMessages.Empty();
    }),
    parameterize: unary(serving, () => refuse("Parameterize")),
    getMapping: unary(serving, () => new messages.GetMappingResponse()),
    getMappings: unary(serving, () => new messages.GetMappingsResponse()),
    call: unary(serving, () => refuse("Call")),
    construct: unary(serving, () => refuse("Construct")),
  };
}

function refuse(method: string): never {
  throw serviceError(grpc.status.UNIMPLEMENTED, `${method} is not offered by this provider`);
}
