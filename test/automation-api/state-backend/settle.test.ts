import { describe, expect, it } from "@jest/globals";
import {
  type Checkpoint,
  emptyCheckpoint,
  type ResourceState,
} from "../../../automation-api/state-backend/checkpoint.ts";
import { createStackCipher } from "../../../automation-api/state-backend/encryption.ts";
import type { JournalEntry } from "../../../automation-api/state-backend/journal.ts";
import { settle, type Written } from "../../../automation-api/state-backend/settle.ts";

const urn = (name: string) => `urn:pulumi:s::p::a:b:c::${name}`;
const resource = (name: string, more: Partial<ResourceState> = {}): ResourceState => ({
  urn: urn(name),
  type: "a:b:c",
  ...more,
});
const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
const stateOf = (resources: ResourceState[]): Checkpoint => ({
  version: 3,
  deployment: { manifest, resources, metadata: {} },
});
const now = new Date("2026-02-02T00:00:00Z");

const settled = (given: Partial<Written>) =>
  settle({
    stackId: "stk_own",
    base: emptyCheckpoint,
    entries: [],
    engineVersion: "v3.259.0",
    now,
    ownerIdOf: () => "stk_own",
    ...given,
  });
const adds = (state: ResourceState, sequenceID: number, more: Partial<JournalEntry> = {}): JournalEntry => ({
  kind: 1,
  sequenceID,
  operationID: sequenceID,
  state,
  ...more,
});

describe("settle", () => {
  it("publishes a whole journal with the manifest of its engine", () => {
    const { checkpoint, isPublished, isWhole, faults } = settled({ entries: [adds(resource("a"), 1)] });
    expect({ isPublished, isWhole, faults }).toEqual({ isPublished: true, isWhole: true, faults: [] });
    expect(checkpoint.deployment?.manifest).toEqual({
      time: now.toISOString(),
      version: "v3.259.0",
      magic: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("leaves a state that did not change as it is, manifest and all", () => {
    const base = stateOf([resource("a")]);
    expect(settled({ base, entries: [adds(resource("a"), 1, { removeOld: 0 })] }).checkpoint).toEqual(base);
    expect(settled({ base }).checkpoint).toEqual(base);
    const upload = {
      ...base,
      deployment: { ...base.deployment!, manifest: { ...manifest, time: "2026-03-03T00:00:00Z" } },
    };
    expect(settled({ base, upload }).checkpoint).toEqual(base);
  });

  it("mends the order after a gap, says so, and does not call it whole", () => {
    const base = stateOf([resource("a"), resource("b", { parent: urn("a") })]);
    const lost = settled({ base, entries: [adds(resource("b", { parent: urn("a") }), 2, { removeOld: 1 })] });
    expect(lost.checkpoint.deployment?.resources?.map((each) => each.urn)).toEqual([urn("a"), urn("b")]);
    expect({ ...lost, checkpoint: 0, faults: lost.faults.map(({ rule }) => rule) }).toEqual({
      checkpoint: 0,
      isPublished: true,
      isWhole: false,
      faults: ["sequence-gap", "parent-later"],
    });
  });

  it("keeps the last good state when what was written is none", () => {
    const base = stateOf([resource("a")]);
    const broken = settled({ base, entries: [adds(resource("a"), 1)] });
    expect(broken).toMatchObject({ checkpoint: base, isPublished: false, isWhole: false });
    expect(broken.faults.map(({ rule }) => rule)).toEqual(["urn-duplicate", "not-published"]);
  });

  it("finds out who keeps the secrets when the entry that says so is lost", () => {
    const ciphertext = createStackCipher([Buffer.alloc(32, 1)])
      .encrypt("stk_own", Buffer.from("x"))
      .toString("base64");
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext };
    const { checkpoint } = settled({ entries: [adds(resource("a", { outputs: { secret } }), 2)] });
    expect(checkpoint.deployment?.secrets_providers).toEqual({
      type: "service",
      state: { stackId: "stk_own" },
    });
    expect(settled({ entries: [adds(resource("a"), 2)] }).checkpoint.deployment).not.toHaveProperty(
      "secrets_providers",
    );
  });

  it("stores who keeps the secrets by id and not by address or name", () => {
    const state = { url: "http://127.0.0.1:1", owner: "o", project: "p", stack: "s" };
    const entries = [{ kind: 6, sequenceID: 1, operationID: 0, secretsProvider: { type: "service", state } }];
    expect(settled({ entries }).checkpoint.deployment?.secrets_providers).toEqual({
      type: "service",
      state: { stackId: "stk_own" },
    });
    const passphrase = { type: "passphrase", state: { salt: "v1:x" } };
    const other = [{ kind: 6, sequenceID: 1, operationID: 0, secretsProvider: passphrase }];
    expect(settled({ entries: other }).checkpoint.deployment?.secrets_providers).toEqual(passphrase);
  });
});
