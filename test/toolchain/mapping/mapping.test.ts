import { describe, expect, it } from "@jest/globals";
import { readMapping } from "../../../stacks/export/mapping.ts";
import { Definitions } from "../../../toolchain/mapping/definitions.ts";
import { mappingNow } from "../../../toolchain/mapping/main.ts";
import { lacking, pairType, type TypeCorrection } from "../../../toolchain/mapping/match.ts";
import { findByName } from "../../../toolchain/mapping/names.ts";
import type { Field, ResourceShape, Shape } from "../../../toolchain/mapping/shapes.ts";
import { parse } from "../../../toolchain/mapping/terraform-types.ts";

const field = (shape: Shape, required = false, documentation = ""): Field => ({
  shape,
  required,
  documentation,
});
const text = field({ kind: "text" });
const object = (name: string, fields: Record<string, Field>): Shape => ({
  kind: "object",
  name,
  fields: () => fields,
});

const pulumi: ResourceShape = {
  type: "aws:shop/basket:Basket",
  inputs: {
    name: text,
    isIpv6Enabled: field({ kind: "boolean" }),
    policies: field({
      kind: "list",
      element: object("P", { policy: text, maxAge: field({ kind: "number" }) }),
    }),
    size: field({ kind: "number" }),
    idleTimeout: field({ kind: "number" }),
  },
  outputs: ["id", "arn", "name"],
};
const cloud: ResourceShape = {
  type: "AWS::Shop::Basket",
  inputs: {
    Name: field({ kind: "text" }, true),
    IPV6Enabled: field({ kind: "boolean" }),
    Policy: field({
      kind: "list",
      element: object("Policy", { Policy: field({ kind: "json" }), MaxAge: text }),
    }),
    Size: field({ kind: "list", element: { kind: "text" } }),
    Attributes: field({
      kind: "list",
      element: object("Attribute", {
        Key: field({ kind: "text" }, false, "One of `idle.timeout_seconds` and others."),
        Value: text,
      }),
    }),
  },
  outputs: ["Arn", "BasketId"],
  ref: "Name",
};

function pair(correction: TypeCorrection = {}) {
  const faults: string[] = [];
  const definitions = new Definitions();
  const mapping = pairType(pulumi, cloud, correction, definitions, (fault) => faults.push(fault));
  return { mapping, faults, definitions: definitions.usedBy([mapping.properties]) };
}

describe("names", () => {
  const keys = { IPV6Enabled: 0, ClientAliases: 0, Policy: 0, CacheBehaviors: 0, Tag: 0, Tags: 0 };

  it.each([
    ["ipv6Enabled", "IPV6Enabled"],
    ["clientAlias", "ClientAliases"],
    ["policies", "Policy"],
    ["cacheBehavior", "CacheBehaviors"],
    ["tags", "Tags"],
    ["tag", "Tag"],
    ["behavior", undefined],
  ])("%s is %s", (name, found) => {
    expect(findByName(name, keys)).toBe(found);
  });
});

describe("pairing by name", () => {
  it("takes what has the same name and fits, and leaves the rest", () => {
    const { mapping, definitions } = pair();
    expect(mapping.properties).toEqual({ name: "Name", policies: { to: "Policy", in: "Policy" } });
    expect(definitions).toEqual({
      Policy: { policy: { to: "Policy", as: "json" }, maxAge: { to: "MaxAge", as: "text" } },
    });
  });

  it("takes outputs that have the same name, and an id only where the reference is named one", () => {
    expect(pair().mapping.outputs).toEqual({ arn: "Arn", id: "BasketId", name: "Ref" });
  });

  it("makes a name up where CloudFormation needs one, and tells what nothing gives", () => {
    const { mapping } = pair();
    expect(mapping.defaults).toEqual({ Name: "{name}" });
    expect(lacking(cloud, mapping)).toEqual([]);
    expect(lacking(cloud, { ...mapping, properties: {}, defaults: {} })).toEqual(["Name"]);
  });
});

describe("corrections", () => {
  it("are taken when both schemas have what they name", () => {
    const { mapping, faults } = pair({
      properties: {
        isIpv6Enabled: "IPV6Enabled",
        idleTimeout: { to: "Attributes", key: "idle.timeout_seconds" },
      },
      omitted: { size: "is a list there" },
    });
    expect(faults).toEqual([]);
    expect(mapping.properties.isIpv6Enabled).toBe("IPV6Enabled");
    expect(mapping.properties.idleTimeout).toEqual({ to: "Attributes", key: "idle.timeout_seconds" });
  });

  it.each<[TypeCorrection, string]>([
    [{ properties: { colour: "Name" } }, "aws:shop/basket:Basket has no input colour"],
    [{ omitted: { colour: "" } }, "aws:shop/basket:Basket has no input colour"],
    [{ properties: { name: "Title" } }, "aws:shop/basket:Basket.name: CloudFormation has no Title"],
    [
      { properties: { name: "Policy.0.Colour" } },
      "aws:shop/basket:Basket.name: CloudFormation has no Policy.0.Colour",
    ],
    [{ properties: { size: "Size" } }, "aws:shop/basket:Basket.size (number) does not fit Size (list)"],
    [
      { properties: { size: { to: "Attributes", key: "size.of" } } },
      "aws:shop/basket:Basket.size: Attributes documents no size.of",
    ],
    [{ outputs: { colour: "Ref" } }, "aws:shop/basket:Basket has no output colour"],
    [{ outputs: { arn: "Colour" } }, "AWS::Shop::Basket has no attribute Colour"],
    [{ outputs: { arn: { sub: `a:\${Self.Colour}` } } }, "AWS::Shop::Basket has no attribute Colour"],
    [{ defaults: { Colour: 1 } }, "aws:shop/basket:Basket: CloudFormation has no Colour"],
    [
      { properties: { name: { to: "Name", beside: { Colour: 1 } } } },
      "aws:shop/basket:Basket.name: CloudFormation has no Colour",
    ],
  ])("%j stop the making: %s", (correction, fault) => {
    expect(pair(correction).faults).toEqual([fault]);
  });
});

describe("the schemas of Terraform's provider", () => {
  // As the package has them: a resource with a block, a set, a number and what is only known afterwards.
  const code = `
function lbLogsToHclTerraform(struct) {
    const attrs = {
        bucket: {
            value: cdktn.stringToHclTerraform(struct.bucket),
            isBlock: false,
            type: "simple",
            storageClassType: "string",
        },
    };
}
class Lb extends cdktn.TerraformResource {
    static tfResourceType = "aws_lb";
    get arn() {
        return this.getStringAttribute('arn');
    }
    // port - computed: false, optional: false, required: true
    synthesizeHclAttributes() {
        const attrs = {
            port: {
                value: cdktn.numberToHclTerraform(this._port),
                isBlock: false,
                type: "simple",
                storageClassType: "number",
            },
            subnets: {
                value: cdktn.listMapperHcl(cdktn.stringToHclTerraform, false)(this._subnets),
                isBlock: false,
                type: "set",
                storageClassType: "stringList",
            },
            logs: {
                value: lbLogsToHclTerraform(this._logs.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "LbLogsList",
            },
        };
    }
}`;

  it("are read from the code that is made of them", () => {
    const shape = parse(code)!;
    expect([shape.type, shape.outputs]).toEqual(["aws_lb", ["port", "subnets", "logs", "arn"]]);
    expect(shape.inputs.port).toMatchObject({ shape: { kind: "number" }, required: true });
    expect(shape.inputs.subnets!.shape).toEqual({ kind: "list", element: { kind: "text" } });
    expect(shape.inputs.logs!.shape.element!.fields!()).toMatchObject({
      bucket: { shape: { kind: "text" } },
    });
  });

  it("are of resources only", () => {
    expect(parse(code.replace("TerraformResource", "TerraformDataSource"))).toBeUndefined();
  });

  it("belong to the version of @pulumi/aws that CloudFormation's are paired with", () => {
    expect(readMapping("terraform").sources["@pulumi/aws"]).toBe(
      readMapping("cloudformation").sources["@pulumi/aws"],
    );
  });
});

describe("the mapping that is checked in", () => {
  it("is what the schemas give", () => {
    const { mapping, faults } = mappingNow();
    expect(faults).toEqual([]);
    const kept = readMapping("cloudformation");
    expect(kept.sources).toEqual(mapping.sources);
    // By type, so that a difference is told where it is.
    expect(Object.keys(kept.types)).toEqual(Object.keys(mapping.types));
    for (const [type, made] of Object.entries(mapping.types))
      expect([type, kept.types[type]]).toEqual([type, made]);
    expect(kept.definitions).toEqual(mapping.definitions);
    expect(kept.withoutCounterpart).toEqual(mapping.withoutCounterpart);
  }, 120_000);
});
