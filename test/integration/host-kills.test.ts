import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { HostKills, killStates, killVictims } from "../support/host-kills.ts";
import { reasonWithoutTestHosts } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const seed = Number(process.env.ROOST_SEED ?? 1);

/** Each victim once on the way there and once on the way back; the bench takes all states. */
(isPossible ? describe : describe.skip)(
  `a change of a host that goes on when others die (ROOST_SEED=${seed})`,
  () => {
    let kills: HostKills;
    beforeAll(async () => {
      kills = await HostKills.open();
    });
    afterAll(() => kills?.close());

    const outside = killVictims.filter((victim) => victim !== "the script");
    it.each(outside.map((victim, index) => [victim, index] as const))(
      "%s: the host ends exactly after, and back exactly before, and each script has run once",
      async (victim, index) => {
        const at = (of: readonly string[]) => of[(seed + index) % of.length] as string;
        const there = await kills.apply(victim, at(killStates.apply));
        expect(there).toMatchObject({ state: "applied", on: "committed", states: killStates.apply });
        const back = await kills.rollback(victim, at(killStates.rollback));
        expect(back).toEqual({ state: "undone", differences: [] });
      },
    );

    it("the script itself: what it had begun is put back, told as such, and the next one is carried out", async () => {
      const killed = await kills.apply("the script", "executing 1/1");
      expect(killed).toMatchObject({ state: "failed", on: "undone", differences: [] });
      expect(await kills.apply(null)).toMatchObject({ state: "applied", on: "committed" });
      expect(await kills.rollback("the script", "undoing")).toEqual({ state: "undone", differences: [] });
    });

    it("a cancel ends it, and puts everything back", async () => {
      expect(await kills.cancel("executing 1/1")).toEqual({ state: "cancelled", differences: [] });
    });
  },
);
