import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { rulePriority, specificityBand } from "../../../components/load-balancer/rule-priority.ts";

describe("the order of routes", () => {
  it("asks the more specific route first", () => {
    const shapes = [
      { hosts: ["api.example.com"], paths: ["/health"] },
      { hosts: ["api.example.com"], paths: ["/v1/users/*"] },
      { hosts: ["api.example.com"], paths: ["/v1/*"] },
      { hosts: ["api.example.com"] },
      { hosts: ["*.example.com"] },
      { paths: ["/v1/*"] },
      { paths: ["/*"] },
    ];
    const bands = shapes.map(specificityBand);
    expect(bands).toEqual([...bands].sort((a, b) => a - b));
    expect(new Set(bands.slice(0, 5)).size).toBe(5);
    const priorities = shapes.slice(0, 5).map((shape) => rulePriority("same", shape));
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
  });

  it("keeps the numbers of the first release", () => {
    expect(rulePriority("api-main", { paths: ["/api/*"] })).toBe(
      rulePriority("api-main", { paths: ["/other/*"] }),
    );
    expect(rulePriority("api-main", { hosts: ["api.example.com"] })).toMatchInlineSnapshot(`15112`);
    expect(rulePriority("web-main", { paths: ["/*"] })).toMatchInlineSnapshot(`45322`);
  });

  it("stays in AWS's range for every name and shape", () => {
    const texts = fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.string(), texts, texts, (name, hosts, paths) => {
        const priority = rulePriority(name, { hosts, paths });
        expect(Number.isInteger(priority) && priority >= 1 && priority <= 50_000).toBe(true);
      }),
    );
  });
});
