import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { type Admit, listen } from "./listen.ts";

/** A resource as an engine shows it to its policies, in the form of a recorded graph. */
export interface ShownResource {
  urn: string;
  type: string;
  name: string;
  /** What is not known yet has the engine's mark; of a secret nothing but that it is one. */
  inputs: Record<string, unknown>;
  /** Input → URNs of what it is made from. */
  references: Record<string, string[]>;
  /** False for components and the stack itself: they have no provider. */
  custom: boolean;
  options: { protect?: boolean };
}

const name = "roost-recorder";
const version = "0.1.0";
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/**
 * Stands for a policy pack that judges nothing and keeps what it is shown: all that an engine knows of a stack at
 * the end of a preview, with what is made from what, which its events do not tell.
 */
export class StackRecorder {
  readonly #inputs = new Map<string, Record<string, unknown>>();
  #resources: ShownResource[] | undefined;

  /** undefined until the engine has seen the whole stack. */
  get resources(): ShownResource[] | undefined {
    return this.#resources;
  }

  /** Serves it until the process ends. @returns the loopback port */
  async serve(admit: Admit): Promise<number> {
    const { port, listener } = await listen({ grpc, services }, this.#service(), admit);
    listener.unref();
    return port;
  }

  #service(): grpc.UntypedServiceImplementation {
    const say =
      <Request, Reply>(answer: (request: Request) => Reply): grpc.handleUnaryCall<Request, Reply> =>
      (call, reply) =>
        reply(null, answer(call.request));
    return {
      handshake: say(() => new messages.AnalyzerHandshakeResponse()),
      configureStack: say(() => new messages.AnalyzerStackConfigureResponse()),
      configure: say(() => new emptyMessages.Empty()),
      cancel: say(() => new emptyMessages.Empty()),
      getPluginInfo: say(() => new plugin.PluginInfo().setVersion(version)),
      getAnalyzerInfo: say(() =>
        new messages.AnalyzerInfo()
          .setName(name)
          .setDisplayname(name)
          .setVersion(version)
          .setSupportsconfig(true),
      ),
      remediate: say(() => new messages.RemediateResponse()),
      analyze: say((request: messages.AnalyzeRequest) => {
        this.#inputs.set(request.getUrn(), propertiesOf(request.getProperties()));
        return new messages.AnalyzeResponse();
      }),
      analyzeStack: say((request: messages.AnalyzeStackRequest) => {
        this.#resources = request.getResourcesList().map((each) => this.#shown(each));
        return new messages.AnalyzeResponse();
      }),
    } as unknown as grpc.UntypedServiceImplementation;
  }

  /** Of the whole stack the engine shows outputs, of which a preview knows little: inputs are kept from before. */
  #shown(resource: messages.AnalyzerResource): ShownResource {
    const urn = resource.getUrn();
    return {
      urn,
      type: resource.getType(),
      name: resource.getName(),
      inputs: this.#inputs.get(urn) ?? propertiesOf(resource.getProperties()),
      references: Object.fromEntries(
        [...resource.getPropertydependenciesMap().entries()].map(([input, from]) => [
          input,
          from.getUrnsList(),
        ]),
      ),
      custom: resource.hasProvider(),
      options: resource.getOptions()?.getProtect() ? { protect: true } : {},
    };
  }
}

function propertiesOf(struct: Struct | undefined): Record<string, unknown> {
  return (mask(struct?.toJavaScript() ?? {}) ?? {}) as Record<string, unknown>;
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== "object" || value === null) return value;
  if ((value as Record<string, unknown>)[signature] === secret) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner)]));
}
