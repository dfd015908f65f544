import { given, type Table, when } from "../../../policies/testing/index.ts";

const repository = (inputs: Record<string, unknown> = {}) =>
  given("aws:ecr/repository:Repository", "images", {
    name: "images",
    imageTagMutability: "IMMUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    ...inputs,
  });
const lifecycle = given("aws:ecr/lifecyclePolicy:LifecyclePolicy", "old", { repository: "images" });

export const ecr: Record<string, Table> = {
  "ecr-hygiene": {
    good: [
      when("all set", [repository(), lifecycle]),
      when("by reference", [
        repository({ name: undefined }),
        given(
          "aws:ecr/lifecyclePolicy:LifecyclePolicy",
          "old",
          { repository: "x" },
          { from: { repository: "images" } },
        ),
      ]),
      when("scanned by the registry", [
        repository({ imageScanningConfiguration: undefined }),
        lifecycle,
        given("aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration", "all", {
          scanType: "ENHANCED",
        }),
      ]),
    ],
    bad: [
      when("tags move", [repository({ imageTagMutability: "MUTABLE" }), lifecycle], {
        says: "lets tags be moved",
      }),
      when("tags not said", [repository({ imageTagMutability: undefined }), lifecycle], {
        says: "lets tags be moved",
      }),
      when("no scan", [repository({ imageScanningConfiguration: { scanOnPush: false } }), lifecycle], {
        says: "does not scan",
      }),
      when("no end", [repository()], { says: "for ever" }),
      when("the end of another", [repository(), { ...lifecycle, inputs: { repository: "others" } }], {
        says: "for ever",
      }),
    ],
  },
};
