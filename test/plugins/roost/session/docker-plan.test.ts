import { expect, it } from "@jest/globals";
import { readJsonLines, unframe } from "../../../../plugins/roost/session/targets/docker/log.ts";
import {
  containerSpec,
  networkSpec,
  pullable,
  readContainer,
} from "../../../../plugins/roost/session/targets/docker/plan.ts";

const installation = "0123456789abcdef";
const session = `ses_${"a".repeat(26)}`;
const image = `registry.example.com/desk@sha256:${"0".repeat(64)}`;

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it("reads frames and lines however they are cut", async () => {
  const frame = (text: string) => {
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const frames = Buffer.concat([frame("häll"), frame(""), frame("o\n")]);
  for (const size of [1, 5, 9, 100]) {
    const printed = await Array.fromAsync(unframe(inPieces(frames, size)));
    expect(Buffer.concat(printed).toString()).toBe("hällo\n");
    const lines = Buffer.from('{"status":"a"}\r\n{"status":"b"}');
    expect(await Array.fromAsync(readJsonLines(inPieces(lines, size)))).toEqual([
      { status: "a" },
      { status: "b" },
    ]);
  }
});

it("asks for limits, nothing that could be gained, and a network that keeps apart", () => {
  const workload = { image, port: 8080, environment: { PORT: "1", A: "b" }, cpu: 512, memoryMiB: 64 };
  const intent = { id: session, urn: "urn:a", workload, secretEnvironment: { KEY: "secret" } };
  const { Env, HostConfig, ...open } = containerSpec(intent, image, installation);
  expect(Env).toEqual(expect.arrayContaining(["PORT=8080", "HOST=0.0.0.0", "A=b", "KEY=secret"]));
  expect(JSON.stringify([open, HostConfig])).not.toContain("secret");
  expect(HostConfig).toMatchObject({
    Memory: 64 * 1024 * 1024,
    MemorySwap: 64 * 1024 * 1024,
    NanoCpus: 5e8,
    ReadonlyRootfs: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
  });
  const { Options } = networkSpec(installation);
  expect(Options["com.docker.network.bridge.enable_icc"]).toBe("false");
  // The kernel takes no longer name.
  expect(Options["com.docker.network.bridge.name"].length).toBeLessThanOrEqual(15);
});

it("reads its own containers only", () => {
  const Labels = { "roost.installation": installation, "roost.session": session, "roost.port": "8080" };
  const listed = (State: string, Status = "") => ({ Id: "c", State, Status, Labels });
  expect(readContainer(listed("running"), installation)).toMatchObject({
    session,
    state: "running",
    port: 8080,
  });
  expect(readContainer(listed("exited", "Exited (137) 2 hours ago"), installation)).toMatchObject({
    state: "ended",
    reason: "It ended with code 137.",
  });
  expect(readContainer(listed("removing"), installation)).toBeUndefined();
  expect(readContainer(listed("running"), "another")).toBeUndefined();
  expect(pullable(image)).toEqual({ fromImage: "registry.example.com/desk", tag: image.split("@")[1] });
  expect(pullable("sha256:0")).toBeUndefined();
});
