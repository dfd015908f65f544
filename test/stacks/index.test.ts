import { describe, expect, it } from "@jest/globals";
import { builtins, checkConfig } from "../../stacks/index.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const site = {
  accountId: "111122223333",
  domain: "www.example.com",
  zoneId: "Z1",
  alarms: "none",
  stage: "dev",
};
const staticSite = { ...site, region: "eu-west-1" };
const webService = {
  ...site,
  zones: ["eu-west-1a", "eu-west-1b"],
  image: `registry.example.com/a@${digest}`,
};

describe("checkConfig: a builtin's configuration is judged without running it", () => {
  it("fills in defaults and takes numbers as texts", () => {
    expect(checkConfig("hello", { replicas: "3" }, [])).toEqual({
      config: { message: "Hello from Roost", replicas: 3 },
    });
  });

  it("takes the API key as a secret", () => {
    expect(checkConfig("hello", { apiKey: "k" }, ["apiKey"])).toMatchObject({ config: { apiKey: "k" } });
  });

  const cases: [string, string, Record<string, unknown>, string[], string[]][] = [
    ["an unknown program", "nothing", {}, [], ["program"]],
    ["a name that every object has", "constructor", {}, [], ["program"]],
    [
      "all faults at once",
      "hello",
      { message: "", replicas: 11, color: 1, size: 2 },
      [],
      ["color", "message", "replicas", "size"],
    ],
    ["a text that is no number", "hello", { replicas: "many" }, [], ["replicas"]],
    ["half a replica", "hello", { replicas: 1.5 }, [], ["replicas"]],
    ["a secret in the clear", "hello", { apiKey: "k" }, [], ["apiKey"]],
    ["a secret that would be shown", "hello", { message: "m" }, ["message"], ["message"]],
    [
      "everything that a web service must be told",
      "web-service",
      {},
      [],
      ["accountId", "alarms", "domain", "image", "stage", "zoneId", "zones"],
    ],
    [
      "all faults of a web service, those of two fields together too",
      "web-service",
      {
        ...webService,
        stage: "test",
        zones: ["eu-west-1a", "us-east-1a"],
        image: "shop:latest",
        alarms: ["nobody"],
        memoryMiB: 4096,
        healthPath: "health",
        environment: "{not JSON",
        colour: "red",
      },
      [],
      ["alarms.0", "colour", "environment", "healthPath", "image", "memoryMiB", "stage", "zones"],
    ],
    [
      "more tasks at least than at most",
      "web-service",
      { ...webService, minimumTasks: "11" },
      [],
      ["minimumTasks"],
    ],
    ["one zone only", "web-service", { ...webService, zones: ["eu-west-1a"] }, [], ["zones"]],
    ["what is no zone", "web-service", { ...webService, zones: ["eu-west-1", "x"] }, [], ["zones"]],
    ["a region that is none", "static-site", { ...staticSite, region: "eu-west" }, [], ["region"]],
    [
      "modules without a cloud",
      "module-hosting",
      { stage: "dev", shells: ["*"], alarms: "none" },
      [],
      ["aws"],
    ],
    [
      "two shells where one can be told, beside what is missing",
      "module-hosting",
      { stage: "dev", shells: ["https://a.example.com", "https://b.example.com"], azure: {} },
      [],
      ["alarms", "azure.accountName", "azure.dnsZoneId", "azure.domain", "azure.location", "shells"],
    ],
  ];
  it.each(cases)("names %s", (_, name, values, secretKeys, fields) => {
    const checked = checkConfig(name, values, secretKeys);
    expect("faults" in checked && checked.faults.map(({ field }) => field).sort()).toEqual(fields);
  });

  it("takes lists and objects as JSON, which is how Pulumi keeps them", () => {
    const zones = '["eu-west-1a","eu-west-1b"]';
    const alarms = '["operations@example.com"]';
    expect(
      checkConfig("web-service", { ...webService, zones, alarms, environment: '{"A":"1"}' }, []),
    ).toMatchObject({
      config: { zones: webService.zones, alarms: ["operations@example.com"], environment: { A: "1" } },
    });
  });

  it("describes each program and each of its fields", () => {
    for (const builtin of Object.values(builtins)) {
      expect(builtin.description).not.toBe("");
      for (const field of Object.values(builtin.config.shape)) expect(field.description).toBeDefined();
    }
  });
});
