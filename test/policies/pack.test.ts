import { describe, expect, it } from "@jest/globals";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { z } from "zod";
import { resourceRule, rules, stackRule } from "../../policies/index.ts";
import { Pack } from "../../policies/pack.ts";

const names = { name: "house", version: "1.0.0" };
const open = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const bucket = "aws:s3/bucket:Bucket";
const reads = {
  id: "reads",
  title: "A rule of a test",
  severity: "low" as const,
  level: "mandatory" as const,
  frameworks: ["own"],
  remediation: "Nothing.",
  kinds: ["aws:s3/Bucket"],
};

/** What the engine asks of a resource before it is made. */
function asked(inputs: Record<string, unknown>, name = "files", type = bucket): messages.AnalyzeRequest {
  return new messages.AnalyzeRequest()
    .setUrn(`urn:pulumi:dev::shop::${type}::${name}`)
    .setType(type)
    .setName(name)
    .setProperties(structs.Struct.fromJavaScript(inputs as Record<string, structs.JavaScriptValue>))
    .setOptions(new messages.AnalyzerResourceOptions());
}

/** What it asks of the whole stack, of which it knows no outputs. */
function whole(...resources: messages.AnalyzeRequest[]): messages.AnalyzeStackRequest {
  const list = resources.map((each) =>
    new messages.AnalyzerResource()
      .setUrn(each.getUrn())
      .setType(each.getType())
      .setName(each.getName())
      .setProperties(new structs.Struct())
      .setOptions(new messages.AnalyzerResourceOptions()),
  );
  return new messages.AnalyzeStackRequest().setResourcesList(list);
}

const told = (reply: messages.AnalyzeResponse) =>
  reply.getDiagnosticsList().map((each) => [each.getPolicyname(), each.getEnforcementlevel(), each.getUrn()]);
const { ADVISORY, DISABLED, MANDATORY } = messages.EnforcementLevel;

function settings(
  level: messages.EnforcementLevel,
  properties: Record<string, unknown> = {},
  rule = "reads",
) {
  const request = new messages.ConfigureAnalyzerRequest();
  const struct = structs.Struct.fromJavaScript(properties as Record<string, structs.JavaScriptValue>);
  const config = new messages.PolicyConfig().setEnforcementlevel(level).setProperties(struct);
  request.getPolicyconfigMap().set(rule, config);
  return request;
}

describe("a pack answers its engine", () => {
  const pack = () =>
    new Pack(names, [
      resourceRule({
        ...reads,
        config: z.object({ allowed: z.string().default("private") }),
        check({ props }, { found, config }) {
          if (props.acl !== config.allowed) found("is open", "acl");
        },
      }),
    ]);

  it("with findings of the rules that fit, and says of others that they do not", () => {
    const found = pack().analyze(asked({ acl: "public-read" }));
    expect(told(found)).toEqual([["reads", MANDATORY, `urn:pulumi:dev::shop::${bucket}::files`]]);
    expect(found.getDiagnosticsList()[0]!.getMessage()).toContain(
      "is open. Nothing. (docs/policies.md#reads)",
    );
    expect(told(pack().analyze(asked({ acl: "private" })))).toEqual([]);
    const other = pack().analyze(asked({ acl: "public-read" }, "q", "aws:sqs/queue:Queue"));
    expect(told(other)).toEqual([]);
    expect(other.getNotApplicableList().map((each) => each.getPolicyName())).toEqual(["reads"]);
  });

  it("at the level and by the settings that it was told", () => {
    const one = pack();
    one.configure(settings(ADVISORY, { allowed: "log-delivery-write" }));
    expect(told(one.analyze(asked({ acl: "private" })))[0]).toContain(ADVISORY);
    one.configure(settings(DISABLED));
    expect(told(one.analyze(asked({ acl: "public-read" })))).toEqual([]);
    one.begin();
    expect(told(one.analyze(asked({ acl: "public-read" })))[0]).toContain(MANDATORY);
    expect(() => one.configure(settings(MANDATORY, { colour: "red" }))).toThrow("reads are not right");
    expect(() => one.configure(settings(9 as messages.EnforcementLevel))).toThrow(
      "9 is no enforcement level",
    );
  });

  it("with an advisory where a value is not known yet, and reads what is secret", () => {
    const reply = pack().analyze(asked({ acl: open }));
    expect(told(reply)[0]).toContain(ADVISORY);
    expect(reply.getDiagnosticsList()[0]!.getMessage()).toContain(
      "can't run policy 'reads' during preview: acl",
    );
    expect(told(pack().analyze(asked({ acl: secret("private") })))).toEqual([]);
    expect(told(pack().analyze(asked({ acl: secret("public-read") })))).toHaveLength(1);
  });

  it("with an error where a rule crashes: the engine goes no further", () => {
    const crash = resourceRule({
      ...reads,
      check() {
        throw new Error("a rule that is broken");
      },
    });
    const urn = asked({}).getUrn();
    expect(() => new Pack(names, [crash]).analyze(asked({}))).toThrow(
      expect.objectContaining({
        message: `The policy reads crashed over ${urn}`,
        cause: expect.objectContaining({ message: "a rule that is broken" }),
      }),
    );
  });

  it("about every resource of a stack that cannot be judged, by inputs as each was asked about", () => {
    const closed = stackRule({
      ...reads,
      check({ props }, { found }) {
        if (props.acl !== "private") found("is open");
      },
    });
    const one = new Pack(names, [closed]);
    const stack = [asked({ acl: open }, "a"), asked({ acl: open }, "b"), asked({ acl: "public-read" }, "c")];
    for (const each of stack) expect(told(one.analyze(each))).toEqual([]);
    const levels = told(one.analyzeStack(whole(...stack))).map(([, level]) => level);
    expect(levels).toEqual([ADVISORY, ADVISORY, MANDATORY]);
  });

  it("with repairs that leave secrets as they were given", () => {
    const one = new Pack({ ...names, name: "roost" }, rules);
    const tags = secret({ owner: "ann" });
    const [repair] = one.remediate(asked({ bucket: "b", tags, policy: secret("{}") })).getRemediationsList();
    expect(repair!.getPolicyname()).toBe("tags");
    expect(repair!.getProperties()!.toJavaScript()).toEqual({
      bucket: "b",
      tags: secret({ owner: "ann", "roost:stage": "dev" }),
      policy: secret("{}"),
    });
    expect(one.remediate(asked({ tags: open })).getRemediationsList()).toEqual([]);
  });

  it("with what each rule is: level, settings, framework", () => {
    const info = new Pack(names, rules).info();
    expect(info.getPoliciesList()).toHaveLength(rules.length + 1);
    const of = (id: string) => info.getPoliciesList().find((each) => each.getName() === id)!;
    expect(of("ecs-no-public-ip").getFramework()!.getReference()).toBe("ECS.2");
    expect(of("log-retention").getConfigschema()!.getProperties()!.toJavaScript()).toMatchObject({
      days: { type: "number", default: 365 },
    });
  });
});
