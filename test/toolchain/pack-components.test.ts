import { describe, expect, it } from "@jest/globals";
import { planManifest } from "../../toolchain/pack-components.mjs";

describe("the manifest of the packed components", () => {
  const components = {
    name: "roost-components",
    version: "1.2.3",
    description: "Some.",
    license: "Apache-2.0",
  };
  const versions = [
    "@pulumi/aws",
    "@pulumi/azure-native",
    "@pulumi/kubernetes",
    "@pulumi/pulumi",
    "google-protobuf",
  ];
  const root = { dependencies: Object.fromEntries([...versions, "express"].map((name) => [name, "1.0.0"])) };

  it("names what the components import, and nothing else of ours", () => {
    const { dependencies } = planManifest(components, root);
    expect(dependencies).toEqual(Object.fromEntries(versions.map((name) => [name, "^1.0.0"])));
  });

  it("gives importers the library and the plugin runner the host", () => {
    const { name, version, main, exports } = planManifest(components, root);
    expect([name, version, main]).toEqual(["roost-components", "1.2.3", "host.js"]);
    expect(exports["."]).toEqual({ types: "./dist/index.d.ts", default: "./dist/index.js" });
  });
});
