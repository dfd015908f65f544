import { HostKills, killStates, killVictims } from "../../test/support/host-kills.ts";
import setUp from "../../test/support/setup.js";
import tearDown from "../../test/support/teardown.js";
import type { Row } from "../report.ts";
import type { Rounds } from "./rounds.ts";

/** The script of a change and each of those that ask for it is killed at each state of its journal, on the way there and on the way back. */
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
        const applied = await kills.apply(victim, there);
        const isThere = applied.on === "committed" || applied.on === "undone";
        if (!isThere) console.log(`BETWEEN ${name}: ${applied.on}`);
        if (applied.on !== "committed") await kills.apply(null);
        const taken = await kills.rollback(victim, back);
        for (const line of [...applied.differences, ...taken.differences])
          console.log(`DIFFERENCE ${name}: ${line}`);
        const wrong = [!isThere || applied.differences.length > 0, taken.differences.length > 0];
        return wrong.filter(Boolean).length;
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
