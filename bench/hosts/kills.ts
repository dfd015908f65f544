import { HostKills, killStates, killVictims } from "../../test/support/host-kills.ts";
import setUp from "../../test/support/setup.js";
import tearDown from "../../test/support/teardown.js";
import type { Row } from "../report.ts";
import type { Rounds } from "./rounds.ts";

/** Each of those that ask for a change is killed at each state of its journal, on the way there and on the way back. */
export async function killRows(rounds: Rounds): Promise<Row[]> {
  const plans = killVictims.flatMap((victim) =>
    killStates.apply.map((there, index) => {
      const back = killStates.rollback[index % killStates.rollback.length] as string;
      return { victim, there, back, name: `${victim} at ${there} and ${back}` };
    }),
  );
  let kills: HostKills | undefined;
  await setUp();
  try {
    const work = async (name: string, index: number) => {
      const { victim, there, back } = plans[index] as (typeof plans)[number];
      kills ??= await HostKills.open();
      try {
        const { on } = await kills.apply(victim, there);
        const { differences } = await kills.rollback(victim, back);
        if (on !== "committed") console.log(`BETWEEN ${name}: ${on}`);
        for (const line of differences) console.log(`DIFFERENCE ${name}: ${line}`);
        return Number(on !== "committed") + Number(differences.length > 0);
      } catch (error) {
        // What is left of it is not what the next one begins with.
        await kills.close();
        kills = undefined;
        throw error;
      }
    };
    const names = plans.map(({ name }) => name);
    const wrong = await rounds.run("kills", names, work);
    if (wrong.length === 0) return [];
    const between = wrong.reduce((sum, each) => sum + each, 0);
    return [
      { metric: "kill_rounds", value: wrong.length * 2, unit: "count", goal: { atLeast: plans.length * 2 } },
      { metric: "kills_between", value: between, unit: "count", goal: { atMost: 0 } },
    ];
  } finally {
    await kills?.close();
    await tearDown();
  }
}
