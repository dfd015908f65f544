import { describe, expect, it } from "@jest/globals";
import { find } from "../../components/testing/index.ts";
import { exampleGraph } from "./example.ts";

const HEADERS = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy";

describe("module-hosting", () => {
  it("lets the pages of its shells read the modules, in both clouds", async () => {
    const graph = await exampleGraph("module-hosting", "production");
    expect(find(graph, HEADERS).inputs).toMatchObject({
      corsConfig: { accessControlAllowOrigins: { items: ["https://app.example.com"] } },
      customHeadersConfig: { items: [{ header: "cross-origin-resource-policy", value: "cross-origin" }] },
    });
    const rules = graph.resources.filter(({ type }) => type === "azure-native:cdn:Rule");
    expect(JSON.stringify(rules)).toContain("access-control-allow-origin");
    expect(JSON.stringify(rules)).toContain("https://app.example.com");
  });

  it("gives publishers what an upload needs, and no more", async () => {
    const graph = await exampleGraph("module-hosting", "production");
    const policy = JSON.parse(find(graph, "aws:iam/policy:Policy").inputs.policy as string);
    const resources = policy.Statement.flatMap(({ Resource }: { Resource: string[] }) => Resource);
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources)
      expect(resource).toMatch(/modules-files-bucket|modules-cdn-distribution/);
    const [assignment, ...more] = graph.resources.filter(
      ({ type }) => type === "azure-native:authorization:RoleAssignment",
    );
    expect(more).toEqual([]);
    expect(assignment?.inputs.scope).toBe("azure-modules-files-account.id");
  });

  it("makes nothing in a cloud that is not named", async () => {
    const { resources } = await exampleGraph("module-hosting", "dev");
    expect(resources.filter(({ type }) => type.startsWith("azure-native"))).toEqual([]);
  });
});
