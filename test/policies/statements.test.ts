import { describe, expect, it } from "@jest/globals";
import { guard, notKnown, Undecidable } from "../../policies/known.ts";
import { statements } from "../../policies/statements.ts";

const unknown = "[unknown]";
const open = (statement: Record<string, unknown>) =>
  statements(guard({ policy: { Statement: [{ Effect: "Allow", ...statement }] } }).policy, "policy");

describe("the statements of a policy of which a part is not known yet", () => {
  it("are read, with names of resources, principals and values of conditions open", () => {
    const [statement] = open({
      Action: "s3:GetObject",
      Resource: [unknown, "*"],
      Principal: { AWS: unknown, Service: ["ecs.amazonaws.com", unknown] },
      Condition: { StringEquals: { "aws:SourceArn": unknown } },
    });
    expect(statement).toEqual({
      allows: true,
      actions: ["s3:getobject"],
      resources: [notKnown, "*"],
      principals: [notKnown, "ecs.amazonaws.com", notKnown],
      conditions: { stringequals: { "aws:sourcearn": [notKnown] } },
    });
  });

  it.each([
    ["an effect", { Effect: unknown, Action: "s3:GetObject", Resource: "*" }],
    ["an action", { Action: ["s3:GetObject", unknown], Resource: "*" }],
    ["a whole principal", { Action: "s3:GetObject", Principal: unknown }],
    ["a whole condition", { Action: "s3:GetObject", Condition: unknown }],
  ])("cannot be decided by %s that is open", (_, statement) => {
    expect(() => open(statement)).toThrow(Undecidable);
  });

  it("are those that name something", () => {
    expect(open({ Action: "kms:Decrypt", Resource: [] })).toEqual([]);
    expect(open({ Action: "sts:AssumeRole" })).toHaveLength(1);
  });
});
