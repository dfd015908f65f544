import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { authorize, may, mayAnywhere, visibleProjects } from "../../../automation-api/access/authorize.ts";
import { checkBindingChange, checkScopes, compareBindings } from "../../../automation-api/access/domain.ts";
import {
  type AccountPrincipal,
  type DeploymentPrincipal,
  type Permission,
  type Principal,
  permissionNames,
  type RoleBinding,
  roleNames,
  roles,
} from "../../../automation-api/access/permissions.ts";
import { RoostError } from "../../../automation-api/errors.ts";

const projects = ["prj_a", "prj_b", "prj_c"];
const permission = fc.constantFrom(...permissionNames);
const projectId = fc.constantFrom(null, ...projects);
const bindings: fc.Arbitrary<RoleBinding[]> = fc.array(
  fc.record({ role: fc.constantFrom(...roleNames), projectId }),
  { maxLength: 4 },
);
const scopes = fc.option(fc.uniqueArray(permission), { nil: null });
const base = { accountId: "acc", name: "someone", organizationId: "org", organizationName: "roost" };
const account: fc.Arbitrary<AccountPrincipal> = fc.record({ bindings, scopes }).map((given) => ({
  kind: "account",
  ...base,
  tokenId: "tok",
  ...given,
}));
const engine: fc.Arbitrary<DeploymentPrincipal> = bindings.map((given) => ({
  kind: "deployment",
  ...base,
  deploymentId: "dep",
  stackId: "stk_own",
  epoch: 1,
  bindings: given,
}));
const principal: fc.Arbitrary<Principal> = fc.oneof(account, engine);

describe("for every principal, permission and place", () => {
  test("scopes only take away", () => {
    fc.assert(
      fc.property(account, permission, projectId, (one, asked, place) => {
        const unscoped = { ...one, scopes: null };
        expect(may(one, asked, { projectId: place })).toBe(
          may(unscoped, asked, { projectId: place }) && (one.scopes === null || one.scopes.includes(asked)),
        );
      }),
    );
  });

  test("what holds for the organization holds in each project, and a project's role nowhere else", () => {
    fc.assert(
      fc.property(account, permission, fc.constantFrom(...projects), (one, asked, place) => {
        if (may(one, asked)) expect(may(one, asked, { projectId: place })).toBe(true);
        const elsewhere = { ...one, bindings: one.bindings.filter((binding) => binding.projectId !== place) };
        expect(may(elsewhere, asked, { projectId: place })).toBe(may(elsewhere, asked));
      }),
    );
  });

  test("another binding never takes a permission away", () => {
    fc.assert(
      fc.property(account, bindings, permission, projectId, (one, more, asked, place) => {
        const richer = { ...one, bindings: [...one.bindings, ...more] };
        if (may(one, asked, { projectId: place }))
          expect(may(richer, asked, { projectId: place })).toBe(true);
      }),
    );
  });

  test("the coarse check of a route lets in exactly those who may somewhere", () => {
    fc.assert(
      fc.property(account, permission, (one, asked) => {
        const somewhere = [null, ...projects].some((place) => may(one, asked, { projectId: place }));
        expect(mayAnywhere(one, asked)).toBe(somewhere);
      }),
    );
  });

  test("the projects in a list are those where the permission holds", () => {
    fc.assert(
      fc.property(account, permission, (one, asked) => {
        const visible = visibleProjects(one, asked);
        for (const place of projects) {
          expect(visible === null || visible.includes(place)).toBe(may(one, asked, { projectId: place }));
        }
      }),
    );
  });

  test("authorize throws exactly where may says no, and names the permission", () => {
    fc.assert(
      fc.property(principal, permission, projectId, (one, asked, place) => {
        const attempt = () => authorize(one, asked, { projectId: place });
        if (may(one, asked, { projectId: place })) expect(attempt).not.toThrow();
        else expect(attempt).toThrow(asked);
      }),
    );
  });
});

describe("an engine", () => {
  const reading: Permission[] = ["stack:read", "state:read", "secret:read"];

  test("writes no stack but its own, whatever its requester may do", () => {
    fc.assert(
      fc.property(engine, permission, projectId, (one, asked, place) => {
        if (may(one, asked, { projectId: place, stackId: "stk_other" })) expect(reading).toContain(asked);
      }),
    );
  });

  test("reads another stack only where its requester may read", () => {
    fc.assert(
      fc.property(engine, fc.constantFrom(...reading), projectId, (one, asked, place) => {
        const requester: AccountPrincipal = { ...one, kind: "account", tokenId: "tok", scopes: null };
        expect(may(one, asked, { projectId: place, stackId: "stk_other" })).toBe(
          may(requester, "stack:read", { projectId: place }),
        );
      }),
    );
  });

  test("manages nothing", () => {
    const managing: Permission[] = [
      "account:manage",
      "system:manage",
      "audit:read",
      "program:run-code",
      "stack:delete",
    ];
    fc.assert(
      fc.property(engine, fc.constantFrom(...managing), projectId, (one, asked, place) => {
        expect(may(one, asked, { projectId: place, stackId: one.stackId })).toBe(false);
        expect(may(one, asked, { projectId: place })).toBe(false);
      }),
    );
  });
});

describe("nobody gives what they do not hold", () => {
  test("by a token: its scopes lie within those that made it", () => {
    fc.assert(
      fc.property(account, scopes, permission, projectId, (one, asked, probe, place) => {
        if (!passes(() => checkScopes(one, asked))) return;
        const child = { ...one, scopes: asked };
        if (may(child, probe, { projectId: place })) expect(may(one, probe, { projectId: place })).toBe(true);
      }),
    );
  });

  test("by a role: who may give it holds all of it there", () => {
    fc.assert(
      fc.property(account, bindings, permission, projectId, (one, given, probe, place) => {
        if (!passes(() => checkBindingChange(one, compareBindings([], given)))) return;
        const other: AccountPrincipal = { ...one, scopes: null, bindings: given };
        if (may(other, probe, { projectId: place })) expect(may(one, probe, { projectId: place })).toBe(true);
      }),
    );
  });
});

test("each role holds what the one below it holds", () => {
  const [viewer, operator, admin] = [roles.viewer, roles.operator, roles.admin] as Permission[][];
  expect(operator).toEqual(expect.arrayContaining(viewer ?? []));
  expect(admin).toEqual(expect.arrayContaining(operator ?? []));
  expect(operator).not.toContain("program:run-code");
});

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(RoostError);
    return false;
  }
}
