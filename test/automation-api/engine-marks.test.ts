import { expect, test } from "@jest/globals";
import rpc from "@pulumi/pulumi/runtime/rpc.js";
import * as marks from "../../automation-api/engine-marks.ts";

test("the marks of wrapped values are those of the SDK", () => {
  expect(marks).toMatchObject({
    signatureKey: rpc.specialSigKey,
    secretSignature: rpc.specialSecretSig,
    outputSignature: rpc.specialOutputValueSig,
    resourceSignature: rpc.specialResourceSig,
    unknownValue: rpc.unknownValue,
  });
});
