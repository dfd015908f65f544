import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { sessionStates } from "../../../automation-api/sessions/contract.ts";
import {
  estimate,
  hostLabel,
  next,
  sessionOfLabel,
  statesBefore,
} from "../../../automation-api/sessions/domain.ts";
import {
  type FoundSession,
  type LedgerSession,
  reconcile,
} from "../../../automation-api/sessions/reconcile.ts";

const here = "process here";
const found = (change: Partial<FoundSession> = {}): FoundSession => ({
  id: "a",
  state: "ready",
  address: "127.1.2.3",
  port: 8080,
  ...change,
});
const row = (change: Partial<LedgerSession> = {}): LedgerSession => ({
  id: "a",
  state: "active",
  owner: "ann",
  address: "127.1.2.3",
  port: 8080,
  place: here,
  secondsOver: 0,
  secondsUnseen: null,
  ...change,
});

describe("target and ledger", () => {
  it.each<[string, FoundSession[], LedgerSession[], object[]]>([
    ["the same: nothing", [found()], [row()], []],
    ["unknown to the ledger: stopped, as a leak", [found()], [], [{ id: "a", do: "stop", leak: true }]],
    [
      "answers for the first time: ready",
      [found()],
      [row({ state: "starting", place: null, address: null, port: null })],
      [{ id: "a", do: "ready", address: "127.1.2.3", port: 8080 }],
    ],
    [
      "seen, and not ready: its place is kept",
      [found({ state: "starting" })],
      [row({ state: "starting", place: null })],
      [{ id: "a", do: "place" }],
    ],
    [
      "starts on, and was seen before: nothing",
      [found({ state: "starting" })],
      [row({ state: "starting" })],
      [],
    ],
    [
      "ended, and nothing is left of it, also for the ledger: nothing",
      [found({ state: "ended", isReleased: true })],
      [row({ state: "stopped", secondsOver: 99 })],
      [],
    ],
    ["ended, and nobody knows it any more: nothing", [found({ state: "ended", isReleased: true })], [], []],
    [
      "begun by a batch of which somebody waits: left to be bound",
      [found({ id: "arn:1", batch: "bat_waiting" })],
      [],
      [],
    ],
    [
      "begun by a batch and bound to nobody, with all of them there: stopped, as a leak",
      [found({ id: "arn:1", batch: "bat_done" })],
      [],
      [{ id: "arn:1", do: "stop", leak: true }],
    ],
    [
      "ended under its user: failed",
      [found({ state: "ended", reason: "code 1" })],
      [row()],
      [{ do: "fail", reason: "exited", error: "code 1" }],
    ],
    [
      "ended before it was ready: failed",
      [found({ state: "ended" })],
      [row({ state: "starting" })],
      [{ do: "fail" }],
    ],
    [
      "moved: its address is kept",
      [found({ address: "127.9.9.9" })],
      [row()],
      [{ do: "place", address: "127.9.9.9" }],
    ],
    ["gone under its user: failed", [], [row()], [{ id: "a", do: "fail", reason: "gone" }]],
    ["gone from the pool: failed", [], [row({ state: "warm", owner: null })], [{ do: "fail" }]],
    ["gone elsewhere: none of our business", [], [row({ place: "process there" })], []],
    ["asked for, and never seen: its update's business", [], [row({ state: "starting", place: null })], []],
    [
      "started a minute ago, and never seen: failed",
      [],
      [row({ state: "starting", place: null, secondsUnseen: 61 })],
      [{ do: "fail", reason: "gone" }],
    ],
    [
      "started just now, and not seen so far: nothing yet",
      [],
      [row({ state: "starting", place: null, secondsUnseen: 5 })],
      [],
    ],
    ["stopping and gone: its stack's business", [], [row({ state: "stopping" })], []],
    ["stopping, told just now: nothing yet", [found()], [row({ state: "stopping", secondsOver: 3 })], []],
    [
      "stopping, told long ago: stopped",
      [found()],
      [row({ state: "stopping", secondsOver: 60 })],
      [{ do: "stop", leak: false }],
    ],
    ["over just now: nothing yet", [found()], [row({ state: "stopped", secondsOver: 1 })], []],
    [
      "over long ago: stopped, as a leak",
      [found()],
      [row({ state: "stopped", secondsOver: 60 })],
      [{ do: "stop", leak: true }],
    ],
    [
      "failed and left behind: stopped",
      [found()],
      [row({ state: "failed", secondsOver: 60 })],
      [{ do: "stop", leak: false }],
    ],
  ])("%s", (_name, there, ledger, expected) => {
    const corrections = reconcile(there, ledger, here, new Set(["bat_waiting"]));
    expect(corrections).toHaveLength(expected.length);
    expect(corrections).toMatchObject(expected);
  });

  it("one correction at most for each session, and stops only of what was found", () => {
    const id = fc.constantFrom("a", "b", "c");
    const anyFound = fc.uniqueArray(
      fc.record({
        id,
        state: fc.constantFrom("starting", "ready", "ended"),
        address: fc.constant("127.1.2.3"),
        port: fc.constant(1),
      }),
      { selector: (each) => each.id },
    ) as fc.Arbitrary<FoundSession[]>;
    const anyLedger = fc.uniqueArray(
      fc.record({
        id,
        state: fc.constantFrom(...sessionStates),
        owner: fc.option(fc.constant("ann")),
        address: fc.constant("127.1.2.3"),
        port: fc.constant(1),
        place: fc.option(fc.constantFrom(here, "elsewhere")),
        secondsOver: fc.nat(100),
        secondsUnseen: fc.option(fc.nat(100)),
      }),
      { selector: (each) => each.id },
    );
    fc.assert(
      fc.property(anyFound, anyLedger, (there, ledger) => {
        const corrections = reconcile(there, ledger, here);
        expect(new Set(corrections.map((each) => each.id)).size).toBe(corrections.length);
        for (const each of corrections)
          if (each.do === "stop") expect(there.map((one) => one.id)).toContain(each.id);
      }),
    );
  });
});

describe("states", () => {
  it("a session is claimed from the pool only, and what is over stays over", () => {
    expect(statesBefore("claim")).toEqual(["warm"]);
    expect(next("stopped", "fail")).toBeUndefined();
    expect(next("failed", "stop")).toBeUndefined();
    expect(next("requested", "stop")).toBe("stopped");
    expect(next("starting", "serve")).toBe("active");
  });
});

describe("who waits is told for how long", () => {
  const waiting = {
    ahead: 0,
    waitedSeconds: 0,
    startSeconds: 50,
    launch: null as null | { perSecond: number; left: number; ahead: number },
    target: "ecs" as const,
  };
  it.each([
    [{}, { position: 1, seconds: 50 }],
    [{ waitedSeconds: 20 }, { position: 1, seconds: 30 }],
    [{ waitedSeconds: 90 }, { position: 1, seconds: 1 }],
    // Of the 499 before it 100 can go at once.
    [
      { ahead: 499, launch: { perSecond: 20, left: 100, ahead: 499 } },
      { position: 500, seconds: 70 },
    ],
    // Those of other templates go before it too; of those before it some are on their way.
    [
      { ahead: 9, launch: { perSecond: 20, left: -20, ahead: 59 } },
      { position: 10, seconds: 54 },
    ],
    [
      { ahead: 9, launch: { perSecond: 20, left: 100, ahead: 59 } },
      { position: 10, seconds: 50 },
    ],
    [{ startSeconds: null }, { position: 1, seconds: 60 }],
    [{ ahead: 499 }, { position: 500, seconds: 50 }],
  ])("%j", (change, expected) => {
    expect(estimate({ ...waiting, ...change })).toEqual(expected);
  });
});

it("a session's name in an address leads back to it, and no other name does", () => {
  const id = `ses_${"0123456789abcdefghjkmnpqrs"}`;
  expect(sessionOfLabel(hostLabel(id))).toBe(id);
  for (const label of ["ses_0", "ses-", "ses-ABC", `x${hostLabel(id)}`, `${hostLabel(id)}0`, "localhost"])
    expect(sessionOfLabel(label)).toBeUndefined();
});
