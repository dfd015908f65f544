import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { reasonWithoutEngine } from "../support/engine.ts";
import { SessionChaos } from "../support/session-chaos/lab.ts";

/** The long rounds are `npm run bench -- session-chaos`; here time is what bounds them. */
const budgetMs = 30_000;

(reasonWithoutEngine() === undefined ? describe : describe.skip)("users come and go", () => {
  let chaos: SessionChaos;
  beforeAll(async () => {
    chaos = await SessionChaos.open({
      sessions: 10,
      kills: 2,
      env: { ROOST_HEARTBEAT_MS: "400", ROOST_DEATH_MS: "1500" },
    });
  }, 180_000);
  afterAll(() => chaos?.close(), 60_000);

  it("while something is killed with -9: target, ledger, stacks and processes are one set afterwards", async () => {
    const deadline = Date.now() + budgetMs;
    for (let seed = 1; Date.now() < deadline; seed++) {
      const { kills, violations } = await chaos.round(seed);
      expect({ seed, kills, violations }).toEqual({ seed, kills, violations: [] });
    }
    expect(await chaos.verifyAudit()).toMatchObject({ ok: true });
  }, 400_000);
});
