import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import { expect, it, jest } from "@jest/globals";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { rules } from "../../policies/index.ts";
import { repository } from "../support/engine.ts";

jest.setTimeout(60_000);

/** What the official language host runs for `--policy-pack policies`, where our own catches what the pack serves. */
const loader = join(repository, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");

it("is a folder that Pulumi's own loader serves", async () => {
  const child = spawn(process.execPath, [loader, "127.0.0.1:1", "."], {
    cwd: join(repository, "policies"),
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(([code]) => `the loader ended with ${code}`);
    const port = await Promise.race([once(lines, "line").then(([line]) => line as string), ended]);
    expect(port).toMatch(/^\d+$/);
    const client = new services.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const info = await new Promise<messages.AnalyzerInfo>((resolve, reject) =>
      client.getAnalyzerInfo(new emptyMessages.Empty(), (error, reply) =>
        error ? reject(error) : resolve(reply),
      ),
    );
    client.close();
    expect(info.getName()).toBe("roost");
    expect(info.getPoliciesList().map((each) => each.getName())).toEqual([
      ...rules.map(({ id }) => id),
      "exceptions",
    ]);
  } finally {
    child.kill("SIGKILL");
  }
});
