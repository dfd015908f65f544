import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { InputPropertiesError } from "@pulumi/pulumi";
import { judged, oneOf, refuse, wholeNumber } from "../../components/faults.ts";
import { ROOT } from "../../toolchain/found.mjs";

const judge = (image: string) =>
  image === "good" ? [] : [{ field: "image", value: image, allowed: "good" }];

describe("bad arguments", () => {
  it("are refused all at once, by component, field, value and what is allowed", () => {
    const faults = [
      ...wholeNumber("tasks", 1.5, 0, 10, "tasks"),
      ...oneOf("egress", undefined, { a: "a", b: "b" }),
      ...wholeNumber("port", 80, 1, 65535),
      ...oneOf("egress", "a", { a: "a" }),
    ];
    const error = (() => {
      try {
        refuse("Service", "api", faults);
      } catch (thrown) {
        return thrown as InputPropertiesError;
      }
      throw new Error("not refused");
    })();
    expect(InputPropertiesError.isInstance(error)).toBe(true);
    expect(error.message).toBe(
      'Service "api": tasks is 1.5; allowed: a whole number from 0 to 10 tasks\n' +
        'Service "api": egress is missing; allowed: one of a, b',
    );
    expect(error.errors.map(({ propertyPath }) => propertyPath)).toEqual(["tasks", "egress"]);
    expect(() => refuse("Service", "api", [])).not.toThrow();
  });

  it("are judged at construction when they are plain", () => {
    expect(judged("Service", "api", "good", judge)).toEqual({ value: "good", faults: [] });
    expect(judged("Service", "api", "bad", judge).faults).toEqual(judge("bad"));
  });

  it("fail the program when they are outputs and their value is known", () => {
    const program = join(ROOT, "test/components/fixtures/late-fault.ts");
    const { status, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/LoadBalancer "front": certificateArn is "arn:aws:acm:us-east-1:.*in eu-west-1/);
  });
});
