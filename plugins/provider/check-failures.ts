import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { CheckFailure } from "./provider.ts";

export function toCheckFailures(
  failures: readonly CheckFailure[] = [],
  mask: (text: string) => string = (text) => text,
): messages.CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const failure = new messages.CheckFailure();
    failure.setProperty(property);
    failure.setReason(mask(reason));
    return failure;
  });
}
