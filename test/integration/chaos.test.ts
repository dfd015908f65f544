import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ChaosLab } from "../support/chaos.ts";

/** The long rounds are `npm run bench -- chaos`; here time is what bounds them. */
const budgetMs = 60_000;

let lab: ChaosLab;

beforeAll(async () => {
  lab = await ChaosLab.open({ ROOST_HEARTBEAT_MS: "400", ROOST_DEATH_MS: "1500" });
}, 60_000);
afterAll(() => lab?.close(), 60_000);

it("ends every deployment by itself, whatever is killed with -9, and leaves state, streams and audit whole", async () => {
  const deadline = Date.now() + budgetMs;
  for (let seed = 1; Date.now() < deadline; seed++) {
    const round = await lab.round(seed);
    expect({ seed, kind: round.kind, violations: round.violations }).toEqual({
      seed,
      kind: round.kind,
      violations: [],
    });
  }
  expect(await lab.verifyAudit()).toMatchObject({ ok: true });
}, 300_000);
