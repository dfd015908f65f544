import { HostKills, killStates, killVictims } from "../../test/support/host-kills.ts";
import setUp from "../../test/support/setup.js";
import tearDown from "../../test/support/teardown.js";
import type { Row } from "../report.ts";

/** Each of those that ask for a change is killed at each state of its journal, on the way there and on the way back. */
export async function killRows(): Promise<Row[]> {
  const sums = { rounds: 0, wrong: 0 };
  await setUp();
  const kills = await HostKills.open();
  const judge = async (title: string, round: () => Promise<boolean>) => {
    sums.rounds++;
    const isRight = await round().catch((error) => {
      console.log(`FAULT ${title}: ${error instanceof Error ? error.message : error}`);
      return false;
    });
    if (isRight) return;
    sums.wrong++;
    console.log(`BETWEEN ${title}`);
  };
  try {
    for (const victim of killVictims) {
      for (const [index, state] of killStates.apply.entries()) {
        await judge(
          `${victim} at ${state}`,
          async () => (await kills.apply(victim, state)).on === "committed",
        );
        const back = killStates.rollback[index % killStates.rollback.length] as string;
        await judge(`${victim} at ${back}`, async () => {
          const { differences } = await kills.rollback(victim, back);
          return differences.length === 0;
        });
      }
    }
  } finally {
    await kills.close();
    await tearDown();
  }
  return [
    { metric: "kill_rounds", value: sums.rounds, unit: "count" },
    { metric: "kills_between", value: sums.wrong, unit: "count", goal: { atMost: 0 } },
  ];
}
