import * as grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { type Serving, unary } from "./calls.ts";
import { toCheckFailures } from "./check-failures.ts";
import { parseUrn } from "./context.ts";
import { diffInputs } from "./diff.ts";
import { toDiffResponse } from "./diff-response.ts";
import { serviceError } from "./errors.ts";
import type { ResourceHandler } from "./provider.ts";
import { plain, restoreSecrets } from "./secrets.ts";
import { fromStruct, type Properties, toStruct } from "./values.ts";

/** The calls about one resource. Secrets are unwrapped before a handler and restored by place after it. */
export function resourceCalls(serving: Serving) {
  const handlerOf = (urn: string): ResourceHandler => {
    const { type } = parseUrn(urn);
    const handler = serving.provider.resources[type] ?? serving.provider.otherwise;
    if (handler) return handler;
    const text = `${serving.provider.name} has no resource type ${type}`;
    throw serviceError(grpc.status.NOT_FOUND, text);
  };

  return {
    check: unary(serving, (request: messages.CheckRequest, { work }) => {
      const urn = request.getUrn();
      const handler = handlerOf(urn);
      const inputs = fromStruct(request.getNews());
      const old = request.hasOlds() ? fromStruct(request.getOlds()) : undefined;
      return work({ urn, properties: [inputs, old ?? {}] }, async (context) => {
        const checked = await handler.check?.(context, {
          inputs: plain(inputs),
          oldInputs: old && plain(old),
          randomSeed: request.getRandomseed_asU8(),
        });
        const response = new messages.CheckResponse();
        response.setInputs(toStruct(checked ? restoreSecrets(checked.inputs, inputs) : inputs));
        response.setFailuresList(toCheckFailures(checked?.failures, context.mask));
        return response;
      });
    }),

    diff: unary(serving, (request: messages.DiffRequest, { work }) => {
      const urn = request.getUrn();
      const handler = handlerOf(urn);
      const inputs = fromStruct(request.getNews());
      const state = fromStruct(request.getOlds());
      const old = request.hasOldInputs() ? fromStruct(request.getOldInputs()) : state;
      return work({ urn, properties: [inputs, old, state] }, async (context) => {
        const [newPlain, oldPlain] = [plain(inputs), plain(old)];
        const diff = handler.diff
          ? await handler.diff(context, {
              id: request.getId(),
              inputs: newPlain,
              oldInputs: oldPlain,
              state: plain(state),
            })
          : diffInputs(oldPlain, newPlain, handler.update ? handler.replaceOn : allNames(oldPlain, newPlain));
        return toDiffResponse(diff);
      });
    }),

    create: unary(serving, (request: messages.CreateRequest, { work }) => {
      const urn = request.getUrn();
      const preview = request.getPreview();
      const handler = handlerOf(urn);
      const inputs = fromStruct(request.getProperties());
      const operation = { urn, preview, timeoutSeconds: request.getTimeout(), properties: [inputs] };
      return work(operation, async (context) => {
        const creation = { inputs: plain(inputs) };
        const response = new messages.CreateResponse();
        if (preview) {
          const known = handler.preview ? await handler.preview(context, creation) : creation.inputs;
          response.setProperties(toStruct(restoreSecrets(known, inputs)));
        } else {
          const { id, state } = await handler.create(context, creation);
          response.setId(id);
          response.setProperties(toStruct(restoreSecrets(state, inputs)));
        }
        return response;
      });
    }),

    update: unary(serving, (request: messages.UpdateRequest, { work }) => {
      const urn = request.getUrn();
      const preview = request.getPreview();
      const handler = handlerOf(urn);
      const inputs = fromStruct(request.getNews());
      const old = fromStruct(request.getOldInputs());
      const state = fromStruct(request.getOlds());
      const properties = [inputs, old, state];
      return work({ urn, preview, timeoutSeconds: request.getTimeout(), properties }, async (context) => {
        const id = request.getId();
        const change = { id, inputs: plain(inputs), oldInputs: plain(old), state: plain(state) };
        const response = new messages.UpdateResponse();
        let result: Properties;
        if (preview) result = handler.preview ? await handler.preview(context, change) : change.inputs;
        else if (handler.update) result = await handler.update(context, change);
        else throw serviceError(grpc.status.UNIMPLEMENTED, `${context.type} is never updated in place`);
        // What is no input keeps the secrecy that it has in the state.
        response.setProperties(toStruct(restoreSecrets(result, inputs, without(state, inputs))));
        return response;
      });
    }),

    read: unary(serving, (request: messages.ReadRequest, { work }) => {
      const urn = request.getUrn();
      const handler = handlerOf(urn);
      const inputs = fromStruct(request.getInputs());
      const state = fromStruct(request.getProperties());
      const operation = { urn, timeoutSeconds: request.getTimeout(), properties: [inputs, state] };
      return work(operation, async (context) => {
        const id = request.getId();
        const response = new messages.ReadResponse();
        const found = handler.read
          ? await handler.read(context, { id, inputs: plain(inputs), state: plain(state) })
          : { id, state: plain(state) };
        // An answer without id says that the resource is gone.
        if (found === undefined) return response;
        response.setId(found.id);
        response.setProperties(toStruct(restoreSecrets(found.state, state, inputs)));
        response.setInputs(toStruct(found.inputs ? restoreSecrets(found.inputs, inputs) : inputs));
        return response;
      });
    }),

    delete: unary(serving, (request: messages.DeleteRequest, { work }) => {
      const urn = request.getUrn();
      const handler = handlerOf(urn);
      const inputs = fromStruct(request.getOldInputs());
      const state = fromStruct(request.getProperties());
      const operation = { urn, timeoutSeconds: request.getTimeout(), properties: [inputs, state] };
      return work(operation, async (context) => {
        await handler.delete?.(context, { id: request.getId(), inputs: plain(inputs), state: plain(state) });
        return new emptyMessages.Empty();
      });
    }),
  };
}

function allNames(...properties: Properties[]): string[] {
  return properties.flatMap((each) => Object.keys(each));
}

function without(properties: Properties, names: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !(name in names)));
}
