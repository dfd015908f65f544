import { describe, expect, it } from "@jest/globals";
import { getAvailabilityZones } from "@pulumi/aws/getAvailabilityZones.js";
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { ComponentResource, type ComponentResourceOptions, output, secret } from "@pulumi/pulumi";
import {
  children,
  find,
  namingFaults,
  readGraph,
  record,
  writeGraph,
} from "../../../components/testing/index.ts";

class Pair extends ComponentResource {
  constructor(name: string, args: { policyName?: string }, opts?: ComponentResourceOptions) {
    super("test:index:Pair", name, {}, opts);
    const bucket = new Bucket(`${name}-bucket`, { tags: { a: "1" } }, { parent: this, protect: true });
    new BucketPolicy(
      args.policyName ?? `${name}-policy`,
      { bucket: bucket.id, policy: output(bucket.arn).apply((arn) => JSON.stringify({ Resource: arn })) },
      { parent: this, ignoreChanges: ["policy"] },
    );
    this.registerOutputs();
  }
}

describe("record: a program's resources without an engine", () => {
  it("keeps names as the engine forms them, inputs, references and options", async () => {
    const graph = await record(
      () => {
        new Pair("one", {});
        return { answer: 42, hidden: secret("canary") };
      },
      { project: "p", stack: "s" },
    );
    expect(graph.resources.map(({ urn }) => urn)).toEqual([
      "urn:pulumi:s::p::test:index:Pair$aws:s3/bucket:Bucket::one-bucket",
      "urn:pulumi:s::p::test:index:Pair$aws:s3/bucketPolicy:BucketPolicy::one-policy",
      "urn:pulumi:s::p::test:index:Pair::one",
    ]);
    const bucket = find(graph, "aws:s3/bucket:Bucket");
    expect(bucket).toMatchObject({ inputs: { tags: { a: "1" } }, options: { protect: true } });
    expect(find(graph, "aws:s3/bucketPolicy:BucketPolicy")).toEqual({
      urn: "urn:pulumi:s::p::test:index:Pair$aws:s3/bucketPolicy:BucketPolicy::one-policy",
      type: "aws:s3/bucketPolicy:BucketPolicy",
      name: "one-policy",
      parent: "urn:pulumi:s::p::test:index:Pair::one",
      custom: true,
      inputs: {
        bucket: "one-bucket.id",
        policy: '{"Resource":"arn:aws:s3:eu-west-1:111122223333:bucket/one-bucket"}',
      },
      references: { bucket: [bucket.urn], policy: [bucket.urn] },
      dependsOn: [],
      options: { ignoreChanges: ["policy"] },
    });
    expect(graph.outputs).toEqual({ answer: 42, hidden: "[secret]" });
    expect(readGraph(writeGraph(graph))).toEqual(graph);
  });

  it("makes ARNs up in the region that a resource names", async () => {
    const { outputs } = await record(() => ({
      named: new Topic("named", { region: "us-east-1" }).arn,
      usual: new Topic("usual").arn,
    }));
    expect(outputs).toEqual({
      named: "arn:aws:sns:us-east-1:111122223333:topic/named",
      usual: "arn:aws:sns:eu-west-1:111122223333:topic/usual",
    });
  });

  it("refuses calls of provider functions, by name", async () => {
    await expect(record(async () => ({ zones: (await getAvailabilityZones()).names }))).rejects.toThrow(
      /aws:index\/getAvailabilityZones:getAvailabilityZones/,
    );
    await expect(
      record(() => {
        getAvailabilityZones().catch(() => undefined);
      }),
    ).rejects.toThrow(/the program calls aws:index\/getAvailabilityZones/);
  });

  it("refuses two resources of one URN, and passes on what the program throws", async () => {
    await expect(
      record(() => {
        new Pair("one", {});
        new Bucket("one-bucket", {}, {});
        new Pair("one", { policyName: "one-other" });
      }),
    ).rejects.toThrow(/two resources are urn:pulumi:dev::example::test:index:Pair::one/);
    await expect(
      record(() => {
        throw new Error("bad");
      }),
    ).rejects.toThrow("bad");
  });

  it("keeps recordings apart that run at the same time", async () => {
    const names = ["a", "b", "c"];
    const graphs = await Promise.all(
      names.map((name) =>
        record(
          async () => {
            await new Promise(setImmediate);
            new Pair(name, {});
          },
          { stack: name },
        ),
      ),
    );
    expect(graphs.map((graph) => graph.resources.map(({ urn }) => urn.split("::").at(-1)))).toEqual(
      names.map((name) => [`${name}-bucket`, `${name}-policy`, name]),
    );
  });

  it("takes no stack traces, and those after the last recording are as before", async () => {
    const depth = () => new Error("x").stack?.split("\n").length ?? 0;
    const before = Error.stackTraceLimit;
    const during: number[] = [];
    const see = () => {
      // As the SDK does for each resource.
      Error.stackTraceLimit = Number.POSITIVE_INFINITY;
      during.push(depth());
    };
    await Promise.all([record(see), record(see)]);
    expect(during.map((lines) => lines <= 1)).toEqual([true, true]);
    expect([Error.stackTraceLimit, depth() > 1]).toEqual([before, true]);
  });

  it("lists children at any depth, and names that break the naming rule", async () => {
    const good = await record(() => void new Pair("one", {}));
    expect(children(good, "one")).toEqual([
      "aws:s3/bucket:Bucket one-bucket",
      "aws:s3/bucketPolicy:BucketPolicy one-policy",
    ]);
    expect(namingFaults(good)).toEqual([]);
    expect(namingFaults(await record(() => void new Pair("one", { policyName: "other" })))).toEqual([
      'aws:s3/bucketPolicy:BucketPolicy "other" is a child of "one" and is not named after it',
    ]);
  });

  it("reads no other format", () => {
    expect(() => readGraph('{"format":"roost-graph/0"}')).toThrow(/roost-graph\/0/);
    expect(() => readGraph('{"format":"roost-graph/1"}')).toThrow(/no list/);
  });
});
