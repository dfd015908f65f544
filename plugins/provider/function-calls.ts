import * as grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { type Serving, unary } from "./calls.ts";
import { toCheckFailures } from "./check-failures.ts";
import { serviceError } from "./errors.ts";
import { CheckFailed } from "./provider.ts";
import { plain, restoreSecrets } from "./secrets.ts";
import { fromStruct, toStruct } from "./values.ts";

/** Functions: calls that belong to no resource. */
export function functionCalls(serving: Serving) {
  return {
    invoke: unary(serving, (request: messages.InvokeRequest, { work }) => {
      const token = request.getTok();
      const handler = serving.provider.functions?.[token];
      if (!handler) {
        throw serviceError(grpc.status.NOT_FOUND, `${serving.provider.name} has no function ${token}`);
      }
      const args = fromStruct(request.getArgs());
      return work({ preview: request.getPreview(), properties: [args] }, async (context) => {
        const response = new messages.InvokeResponse();
        try {
          response.setReturn(toStruct(restoreSecrets(await handler(context, plain(args)), args)));
        } catch (error) {
          if (!(error instanceof CheckFailed)) throw error;
          response.setFailuresList(toCheckFailures(error.failures, context.mask));
        }
        return response;
      });
    }),
  };
}
