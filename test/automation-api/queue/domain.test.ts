import { describe, expect, it } from "@jest/globals";
import type { OpenOperation } from "../../../automation-api/queue/contract.ts";
import {
  fromStored,
  HeartbeatWatch,
  mergeConfig,
  recover,
  toStored,
} from "../../../automation-api/queue/domain.ts";

const service: OpenOperation = { operation: "creating", urn: "urn:service", type: "roost:local:Service" };
const bucket: OpenOperation = { operation: "creating", urn: "urn:bucket", type: "aws:s3/bucket:Bucket" };

/** Of a host's stack, and of somebody's own. */
const [job, command] = ["hosts", "shop"].map((project) => ({
  operation: "creating",
  urn: `urn:pulumi:hst_1::${project}::command:remote:Command::rst_1`,
  type: "command:remote:Command",
})) as [OpenOperation, OpenOperation];

describe("recover", () => {
  const base = { attempt: 1, cancelRequested: false, stack: "roost/shop/dev" };
  it.each([
    ["an update without open steps", { ...base, operation: "update" as const }, [], "requeue"],
    ["an update whose provider can look up", { ...base, operation: "update" as const }, [service], "requeue"],
    ["an update whose provider cannot", { ...base, operation: "update" as const }, [service, bucket], "fail"],
    ["a change of a host, which is a job there", { ...base, operation: "update" as const }, [job], "requeue"],
    ["a command of somebody's own", { ...base, operation: "update" as const }, [command], "fail"],
    ["a second interruption", { ...base, operation: "update" as const, attempt: 2 }, [], "fail"],
    [
      "a preview, whatever was open before",
      { ...base, operation: "preview" as const, attempt: 4 },
      [bucket],
      "requeue",
    ],
    ["a preview that never gets through", { ...base, operation: "preview" as const, attempt: 5 }, [], "fail"],
    [
      "what somebody cancelled",
      { ...base, operation: "destroy" as const, cancelRequested: true },
      [bucket],
      "cancel",
    ],
  ])("%s", (_name, deployment, open, action) => {
    expect(recover(deployment, open).action).toBe(action);
  });

  it("names each open step and the command that settles it", () => {
    const decision = recover({ ...base, operation: "update" }, [bucket]);
    expect(decision).toMatchObject({ action: "fail" });
    const error = decision.action === "fail" ? decision.error : "";
    expect(error).toContain("creating urn:bucket");
    expect(error).toContain("pulumi refresh --stack roost/shop/dev --clear-pending-creates");
  });
});

describe("configuration", () => {
  it("is laid over what is stored; null removes; secrets stay ciphertext", () => {
    const stored = { "a:kept": { value: "1" }, "a:gone": { value: "2" }, "a:changed": { secure: "x" } };
    const merged = mergeConfig(stored, {
      "a:gone": null,
      "a:changed": { value: "3" },
      "a:new": { ciphertext: "y", object: true },
    });
    expect(merged).toEqual({
      "a:kept": { value: "1" },
      "a:changed": { value: "3" },
      "a:new": { secure: "y", object: true },
    });
  });

  it("comes back from its stored form as it was", () => {
    const config = {
      "a:plain": { value: "1" },
      "a:secret": { secure: "x" },
      "a:object": { value: "{}", object: true },
    };
    expect(fromStored(toStored(config))).toEqual(config);
  });
});

describe("HeartbeatWatch", () => {
  const at = (seconds: number) => new Date(seconds * 1000);
  it("counts silence by its own clock, from when it first saw the beat", () => {
    const watch = new HeartbeatWatch();
    expect(watch.observe([{ id: "a", heartbeatAt: at(1) }], 0).get("a")).toBe(0);
    expect(watch.observe([{ id: "a", heartbeatAt: at(1) }], 3000).get("a")).toBe(3000);
    expect(watch.observe([{ id: "a", heartbeatAt: at(2) }], 4000).get("a")).toBe(0);
  });

  it("begins anew after the database was away", () => {
    const watch = new HeartbeatWatch();
    watch.observe([{ id: "a", heartbeatAt: at(1) }], 0);
    watch.reset();
    expect(watch.observe([{ id: "a", heartbeatAt: at(1) }], 60_000).get("a")).toBe(0);
  });
});
