import { expect, test } from "@jest/globals";
import { readSettings } from "../../../automation-api/config.ts";

const good = {
  ROOST_OIDC_ISSUER: "https://id.example.com/realms/roost",
  ROOST_OIDC_CLIENT_ID: "roost",
  ROOST_OIDC_CLIENT_SECRET: "a-secret-of-a-client",
};
const faultsOf = (environment: Record<string, string>) => {
  try {
    readSettings("/nowhere", { ...environment });
    return [];
  } catch (error) {
    expect(String(error)).not.toContain("a-secret-of-a-client");
    return (error as { faults: { field: string }[] }).faults.map(({ field }) => field);
  }
};

test("the client's secret leaves the environment, and the roles are ours by name where nothing is said", () => {
  const environment: Record<string, string> = { ...good };
  const settings = readSettings("/nowhere", environment);
  expect(settings.ROOST_OIDC_ROLES).toEqual([
    "roost-viewer=viewer",
    "roost-operator=operator",
    "roost-admin=admin",
  ]);
  expect(environment).not.toHaveProperty("ROOST_OIDC_CLIENT_SECRET");
});

test.each<[string, Record<string, string>, string[]]>([
  ["no client", { ROOST_OIDC_CLIENT_ID: "" }, ["ROOST_OIDC_CLIENT_ID"]],
  [
    "keys that anybody on the way can change",
    { ROOST_OIDC_ISSUER: "http://id.example.com" },
    ["ROOST_OIDC_ISSUER"],
  ],
  ["an issuer that is none", { ROOST_OIDC_ISSUER: "https://id.example.com/?a=b" }, ["ROOST_OIDC_ISSUER"]],
  ["a role that is not ours", { ROOST_OIDC_ROLES: "staff=viewer,boss=owner" }, ["ROOST_OIDC_ROLES"]],
  ["scopes without an ID token", { ROOST_OIDC_SCOPES: "profile" }, ["ROOST_OIDC_SCOPES"]],
  ["a sign-in for ever", { ROOST_OIDC_SESSION_HOURS: "100000" }, ["ROOST_OIDC_SESSION_HOURS"]],
  ["an issuer on this machine", { ROOST_OIDC_ISSUER: "http://127.0.0.1:8080" }, []],
])("%s", (_name, change, faults) => {
  expect(faultsOf({ ...good, ...change })).toEqual(faults);
});
