import { expect, it } from "@jest/globals";
import { runtime } from "@pulumi/pulumi";
import { sessionShardConfig } from "../../stacks/session-shard/config.ts";
import { program } from "../../stacks/session-shard/program.ts";

const id = (number: number) => `ses_${String(number).padStart(26, "0")}`;
const configOf = (there: string[], starts: string[]) =>
  sessionShardConfig.parse({
    target: "process",
    workloads: { 1: { port: 80 } },
    sessions: [...there, ...starts].sort().map((each) => ({ id: each, revision: 1 })),
    starts,
  });

/** An engine that answers when it is told to. */
function slowEngine() {
  const asked: string[] = [];
  const answers = new Map<string, () => void>();
  runtime.setMocks({
    call: () => ({}),
    newResource: ({ name, inputs }) =>
      new Promise((resolve) => {
        asked.push(name);
        answers.set(name, () => resolve({ id: name, state: inputs }));
      }),
  });
  /** Waits for as many questions, and for what else might come with them. */
  const until = async (count: number) => {
    while (asked.length < count) await turn();
    for (let index = 0; index < 50; index++) await turn();
    return asked;
  };
  return { asked, until, answer: (name: string) => answers.get(name)?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("asks for what starts before all that runs, and waits for none of it", async () => {
  const engine = slowEngine();
  const outputs = program(configOf([id(1), id(2), id(5)], [id(3), id(6)]));
  expect([...(await engine.until(3))].sort()).toEqual([id(1), id(3), id(6)]);
  engine.answer(id(1));
  expect([...(await engine.until(5))].sort()).toEqual([1, 2, 3, 5, 6].map(id));
  expect(await outputs).toEqual({ sessions: 5 });
});

it.each([
  ["nothing runs", [], [id(1), id(2)]],
  ["nothing is there", [], []],
])("waits for nothing when %s", async (_, there, starts) => {
  const engine = slowEngine();
  expect(await program(configOf(there, starts))).toEqual({ sessions: starts.length });
  expect([...(await engine.until(starts.length))].sort()).toEqual(starts);
});
