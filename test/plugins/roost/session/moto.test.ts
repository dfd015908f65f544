import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { checkEcs } from "../../../../automation-api/cli/doctor/ecs.ts";
import { installMoto, type Moto, startMoto } from "../../../support/moto.ts";
import { leadSdkTo, newBatch, openEcs, settings, startAll } from "./ecs-lab.ts";

// What an emulator knows of ECS and of who asks: see docs/sessions-on-ecs.md for what it does not.

const cluster = "arn:aws:ecs:eu-west-1:123456789012:cluster/sessions";
const program = await installMoto();
const onMoto = program === undefined ? describe.skip : describe;
let moto: Moto;
let workload: Parameters<typeof startAll>[2];
beforeAll(async () => {
  if (program === undefined) return;
  moto = await startMoto(program);
  leadSdkTo(moto.url);
  const vpc = await ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" }, /<vpcId>([^<]+)/);
  await ec2("ModifyVpcAttribute", { VpcId: vpc, "EnableDnsHostnames.Value": "true" });
  const subnet = await ec2("CreateSubnet", { VpcId: vpc, CidrBlock: "10.9.1.0/24" }, /<subnetId>([^<]+)/);
  const group = await ec2(
    "CreateSecurityGroup",
    { VpcId: vpc, GroupName: "sessions", GroupDescription: "sessions" },
    /<groupId>([^<]+)/,
  );
  await ecs("CreateCluster", { clusterName: "sessions" });
  const { taskDefinition } = (await ecs("RegisterTaskDefinition", {
    family: "workspace",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: "256",
    memory: "512",
    containerDefinitions: [{ name: "main", image: "workspace", memory: 512 }],
  })) as { taskDefinition: { taskDefinitionArn: string } };
  workload = {
    port: 8080,
    environment: { A: "1" },
    ecs: settings(cluster, {
      taskDefinition: taskDefinition.taskDefinitionArn,
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [subnet], securityGroups: [group], assignPublicIp: "DISABLED" },
      },
    }),
  };
}, 120_000);
afterAll(() => moto?.close());

const answers = async () => true;
const stop = AbortSignal.timeout(120_000);

onMoto("sessions on an emulated ECS", () => {
  it("are started, found with an address, tagged, and stopped with nothing of others touched", async () => {
    const foreign = openEcs(cluster, { installation: "org_other", answers });
    const theirs = newBatch(1);
    await startAll(foreign, theirs, workload);
    const ours = openEcs(cluster, { answers });
    const batch = newBatch(3);
    const outcomes = await startAll(ours, batch, workload);
    expect(outcomes).toEqual(Array(3).fill({ status: "fulfilled", value: undefined }));
    const found = await ours.list();
    expect(found.map(({ id }) => id).sort()).toEqual(batch.sessions);
    for (const each of found) {
      expect(each).toMatchObject({ state: "ready", port: 8080 });
      expect(each.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    }
    // After a crash: moto knows no client tokens, so what was started is found by startedBy.
    await startAll(openEcs(cluster), batch, workload);
    expect(await openEcs(cluster, { answers }).list()).toHaveLength(3);

    const [first, second] = batch.sessions as [string, string];
    await ours.stop(first, stop);
    await openEcs(cluster).stop(second, stop, batch);
    const left = (await openEcs(cluster, { answers }).list()).filter(({ state }) => state !== "ended");
    expect(left.map(({ id }) => id)).toEqual([batch.sessions[2]]);
    expect(await foreign.find(theirs.sessions[0] as string, theirs)).toMatchObject({ state: "ready" });
  });

  it("fail with what ECS says", async () => {
    const bad = { ...workload, ecs: settings(cluster, { taskDefinition: "nothing:1" }) };
    const [outcome] = await startAll(openEcs(cluster), newBatch(1), bad);
    expect(outcome).toMatchObject({ status: "rejected", reason: { name: "ClientException" } });
  });
});

onMoto("roost doctor", () => {
  it("shows the cluster, its region, and who asks", async () => {
    expect(await checkEcs({ ROOST_ECS_CLUSTER: undefined, ROOST_ECS_PROFILE: undefined })).toEqual([]);
    const [finding] = await checkEcs({ ROOST_ECS_CLUSTER: cluster, ROOST_ECS_PROFILE: undefined });
    expect(finding).toMatchObject({ name: "ecs", state: "ok" });
    expect(finding?.found).toContain("cluster sessions in eu-west-1, as arn:aws:");
  });

  it("warns of another account's caller, and tells what is wrong with credentials", async () => {
    const elsewhere = cluster.replace("123456789012", "999999999999");
    const [other] = await checkEcs({ ROOST_ECS_CLUSTER: elsewhere, ROOST_ECS_PROFILE: undefined });
    expect(other).toMatchObject({ state: "warning" });
    delete process.env.AWS_ACCESS_KEY_ID;
    const [nobody] = await checkEcs({ ROOST_ECS_CLUSTER: cluster, ROOST_ECS_PROFILE: "nobody" });
    expect(nobody).toMatchObject({ state: "fault" });
    expect(nobody?.found).toContain("by profile nobody");
    expect(nobody?.reason).toContain("credentials");
  });
});

/** What a stack would have made, by the plain protocols: the clients that make it are no part of ours. */
async function ec2(action: string, given: Record<string, string>, wanted?: RegExp): Promise<string> {
  const body = new URLSearchParams({ Action: action, Version: "2016-11-15", ...given });
  const reply = await fetch(moto.url, { method: "POST", body, headers: signed("ec2") });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${action}: ${text}`);
  return wanted ? (wanted.exec(text)?.[1] as string) : "";
}

async function ecs(action: string, given: object): Promise<unknown> {
  const headers = {
    ...signed("ecs"),
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `AmazonEC2ContainerServiceV20141113.${action}`,
  };
  const reply = await fetch(moto.url, { method: "POST", body: JSON.stringify(given), headers });
  if (!reply.ok) throw new Error(`${action}: ${await reply.text()}`);
  return reply.json();
}

/** moto reads service and region here, and checks nothing. */
function signed(service: string): Record<string, string> {
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  };
}
