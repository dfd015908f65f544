import * as grpc from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { noopProvider } from "../../../plugins/noop/index.ts";
import { channelOptions } from "../../../plugins/provider/engine-log.ts";
import { type Served, serveProvider } from "../../../plugins/provider/index.ts";
import { type Properties, toStruct } from "../../../plugins/provider/values.ts";

const urn = (type: string): string => `urn:pulumi:dev::example::${type}::thing`;

describe("calls on a connection", () => {
  let served: Served;
  let client: services.ResourceProviderClient;
  beforeEach(async () => {
    served = await serveProvider(noopProvider);
    client = new services.ResourceProviderClient(
      `127.0.0.1:${served.port}`,
      grpc.credentials.createInsecure(),
      channelOptions,
    );
  });
  afterEach(async () => {
    client.close();
    await served.close();
  });

  const handshake = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      client.handshake(new messages.ProviderHandshakeRequest(), (error, response) =>
        error ? reject(error) : resolve(response.getAcceptSecrets()),
      );
    });
  const cancel = (): Promise<void> =>
    new Promise((resolve, reject) => {
      client.cancel(new emptyMessages.Empty(), (error) => (error ? reject(error) : resolve()));
    });
  const create = (
    inputs: Properties,
    options: { type?: string; timeoutSeconds?: number } = {},
  ): Promise<string> => {
    const request = new messages.CreateRequest();
    request.setUrn(urn(options.type ?? "noop:index:Resource"));
    request.setProperties(toStruct(inputs));
    request.setTimeout(options.timeoutSeconds ?? 0);
    return new Promise((resolve, reject) => {
      client.create(request, (error, response) => (error ? reject(error) : resolve(response.getId())));
    });
  };

  it("end running work with a cancel, and what still arrives after it, until a new operation begins", async () => {
    await handshake();
    const running = create({ delayMilliseconds: 1_000_000 });
    await expect(Promise.all([running, cancel()])).rejects.toThrow("cancelled");
    await expect(create({ delayMilliseconds: 1_000_000 })).rejects.toThrow("cancelled");
    await handshake();
    expect(await create({})).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("time out", async () => {
    const slow = { delayMilliseconds: 1_000_000 };
    await expect(create(slow, { timeoutSeconds: 0.05 })).rejects.toThrow("timed out after 0.05 s");
  });

  it("name a type that is not there", async () => {
    await expect(create({}, { type: "noop:index:Other" })).rejects.toThrow(
      "noop has no resource type noop:index:Other",
    );
  });

  it("carry more than the four megabytes that gRPC allows by default", async () => {
    expect(await create({ payload: "x".repeat(5 * 1024 * 1024) })).toMatch(/-/);
  });
});
