import { describe, expect, test } from "@jest/globals";
import {
  type Claims,
  claimAt,
  isOfDomains,
  personOf,
  type Rules,
  readRoles,
  roleOf,
  secretsOf,
} from "../../../automation-api/sign-in/domain.ts";

const rules: Rules = {
  issuer: "https://id.example.com",
  clientId: "roost",
  roleClaim: "realm_access.roles",
  roles: readRoles(["staff=viewer", "cn=ops=operator", "roost-admin=admin"]),
  domains: [],
};

describe("the role", () => {
  test.each<[string, Claims, string | null | undefined]>([
    ["strongest of many", { realm_access: { roles: ["staff", "roost-admin", "cn=ops"] } }, "admin"],
    ["of a value with =", { realm_access: { roles: ["cn=ops"] } }, "operator"],
    ["of one text", { realm_access: { roles: "staff" } }, "viewer"],
    ["of no value that is known", { realm_access: { roles: ["Staff", "admin", 1, null] } }, null],
    ["where there is no claim", { roles: ["roost-admin"] }, undefined],
    ["where the way to it is none", { realm_access: "roles" }, undefined],
  ])("%s", (_name, claims, role) => {
    expect(roleOf(claims, rules)).toBe(role);
  });
});

test("a claim is found by its whole name before the way into it, and never in what every object has", () => {
  const claims = { "https://x.example/roles": ["a"], "a.b": 1, a: { b: 2 } };
  expect(claimAt(claims, "https://x.example/roles")).toEqual(["a"]);
  expect(claimAt(claims, "a.b")).toBe(1);
  expect([claimAt(claims, "constructor"), claimAt(claims, "a.toString.name")]).toEqual([
    undefined,
    undefined,
  ]);
});

test.each<[Claims, string, "person" | "service"]>([
  [{ sub: "1", preferred_username: "ada", email: "x@example.com" }, "ada", "person"],
  [{ sub: "1", preferred_username: "", email: "x@example.com", azp: "web" }, "x@example.com", "person"],
  [{ sub: "7f", client_id: "7f" }, "7f", "service"],
  [{ sub: "1", preferred_username: "service-account-billing" }, "service-account-billing", "service"],
  [{ sub: "1", idtyp: "app" }, "1", "service"],
])("%j is called %s and is a %s", (claims, name, kind) => {
  expect(personOf(claims, rules)).toMatchObject({ name, kind, subject: claims.sub, issuer: rules.issuer });
});

test("the role is of the first place that has the claim", () => {
  const [none, some, empty] = [{}, { realm_access: { roles: ["staff"] } }, { realm_access: { roles: [] } }];
  expect(personOf({ sub: "1" }, rules, [none, some]).role).toBe("viewer");
  expect(personOf({ sub: "1" }, rules, [empty, some]).role).toBeNull();
  expect(personOf({ sub: "1" }, rules, [none]).role).toBeUndefined();
});

test("any address will do where no domain is set", () => {
  expect(isOfDomains({}, rules)).toBe(true);
  expect(isOfDomains({ email: "a@b.example" }, { ...rules, domains: ["b.example"] })).toBe(false);
});

test("what a browser proves itself by is its own and of one sign-in", () => {
  const all = [secretsOf("b", "s"), secretsOf("b", "t"), secretsOf("c", "s")];
  const values = all.flatMap(({ nonce, verifier }) => [nonce, verifier]);
  expect(new Set(values).size).toBe(6);
  for (const value of values) expect(value).toMatch(/^[\w-]{43}$/);
});
