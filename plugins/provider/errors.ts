import * as grpc from "@grpc/grpc-js";
import errorMessages from "@pulumi/pulumi/proto/errors_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import anyMessages from "google-protobuf/google/protobuf/any_pb.js";
import { CheckFailed, InitFailed } from "./provider.ts";
import { type Properties, toStruct } from "./values.ts";

/** A gRPC error whose text is safe to show. `keep` restores the secrets of a half-made resource's state. */
export function toServiceError(
  error: unknown,
  mask: (text: string) => string,
  keep: (state: Properties) => Properties = (state) => state,
): Partial<grpc.ServiceError> {
  if (isServiceError(error)) return { code: error.code, details: mask(error.details) };
  if (error instanceof InitFailed) {
    const detail = new messages.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(toStruct(keep(error.state)));
    detail.setReasonsList(error.reasons.map(mask));
    return withDetail(grpc.status.UNKNOWN, mask(error.message), detail, "pulumirpc.ErrorResourceInitFailed");
  }
  if (error instanceof CheckFailed) {
    const detail = new errorMessages.InputPropertiesError();
    for (const { property, reason } of error.failures) {
      const entry = new errorMessages.InputPropertiesError.PropertyError();
      entry.setPropertyPath(property);
      entry.setReason(mask(reason));
      detail.addErrors(entry);
    }
    const text = mask(error.message);
    return withDetail(grpc.status.INVALID_ARGUMENT, text, detail, "pulumirpc.InputPropertiesError");
  }
  return { code: grpc.status.UNKNOWN, details: mask(error instanceof Error ? error.message : String(error)) };
}

export function serviceError(code: grpc.status, details: string): Partial<grpc.ServiceError> {
  return { code, details };
}

function isServiceError(error: unknown): error is grpc.ServiceError {
  return typeof error === "object" && error !== null && "code" in error && "details" in error;
}

/** The engine reads details from a `google.rpc.Status` in a binary trailer. */
function withDetail(
  code: grpc.status,
  text: string,
  detail: { serializeBinary(): Uint8Array },
  typeName: string,
): Partial<grpc.ServiceError> {
  const any = new anyMessages.Any();
  any.pack(detail.serializeBinary(), typeName);
  const status = new statusMessages.Status();
  status.setCode(code);
  status.setMessage(text);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code, details: text, metadata };
}
