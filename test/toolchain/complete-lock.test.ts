import { describe, expect, it } from "@jest/globals";
import { completeLock, missingEntries, platformOf } from "../../toolchain/complete-lock.mjs";

describe("the platform in a package's name", () => {
  it.each([
    ["@biomejs/cli-darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
    ["@biomejs/cli-linux-x64-musl", { os: ["linux"], cpu: ["x64"], libc: ["musl"] }],
    ["@swc/core-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
    ["@unrs/resolver-binding-win32-ia32-msvc", { os: ["win32"], cpu: ["ia32"] }],
    ["@oxc-parser/binding-linux-riscv64-gnu", { os: ["linux"], cpu: ["riscv64"], libc: ["glibc"] }],
    ["@oxc-parser/binding-android-arm-eabi", { os: ["android"], cpu: ["arm"] }],
    ["cpu-features", {}],
  ])("%s", (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});

const lock = {
  name: "example",
  packages: {
    "": { version: "1.0.0" },
    "node_modules/tool": {
      version: "2.0.0",
      dev: true,
      optionalDependencies: { "@tool/linux-x64": "2.0.0", "@tool/darwin-arm64": "2.0.0" },
    },
    "node_modules/@tool/linux-x64": { version: "2.0.0" },
    "node_modules/a/node_modules/b": {
      version: "1.0.0",
      optionalDependencies: { nested: "1.0.0", outer: "1.0.0" },
    },
    "node_modules/a/node_modules/nested": { version: "1.0.0" },
    "node_modules/outer": { version: "1.0.0" },
  },
};

describe("completing a lock", () => {
  it("adds exactly the optional packages that resolve to nothing, at the version asked for", () => {
    expect(missingEntries(lock.packages)).toEqual({
      "node_modules/@tool/darwin-arm64": {
        version: "2.0.0",
        dev: true,
        cpu: ["arm64"],
        os: ["darwin"],
        optional: true,
      },
    });
  });

  it("is complete afterwards and keeps npm's order, so a second run changes nothing", () => {
    const once = completeLock(lock);
    expect(missingEntries(once.packages)).toEqual({});
    expect(JSON.stringify(completeLock(once))).toBe(JSON.stringify(once));
    expect(Object.keys(once.packages)).toEqual(
      Object.keys(once.packages).sort((a, b) => a.localeCompare(b, "en")),
    );
  });
});
