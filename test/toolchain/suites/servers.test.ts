import { describe, expect, it } from "@jest/globals";
import { serversToGet } from "../../../toolchain/suites/servers.mjs";

const suites = [{}, { servers: ["keycloak", "kube-apiserver"] }, { servers: ["keycloak"] }];
const noneIsThere = () => true;

describe("servers of suites", () => {
  it.each([
    ["in CI", { CI: "true" }, suites, noneIsThere, ["keycloak", "kube-apiserver"]],
    [
      "when it is asked for",
      { ROOST_INSTALL_SYSTEM: "1" },
      suites,
      noneIsThere,
      ["keycloak", "kube-apiserver"],
    ],
    [
      "only those that are missing",
      { CI: "true" },
      suites,
      (name: string) => name === "keycloak",
      ["keycloak"],
    ],
    ["only those of chosen suites", { CI: "true" }, [{}], noneIsThere, []],
    ["never by itself elsewhere", {}, suites, noneIsThere, []],
  ])("are got %s", (_, env, chosen, isMissing, expected) => {
    expect(serversToGet(chosen, env, isMissing)).toEqual(expected);
  });
});
