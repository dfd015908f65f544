import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readRecord, readStatus } from "../../../plugins/roost/service/record.ts";
import { answering, ask, Lab, processesAbout, until } from "./lab.ts";

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
});
afterAll(() => lab.close());

interface Answer {
  pid: number;
  uid: number;
  argv: string[];
  env: Record<string, string>;
  message?: string;
}

describe("a service", () => {
  it("answers at its own address when creating it returns, and leaves nothing when it is deleted", async () => {
    const made = await lab.create("web", answering({ environment: { MESSAGE: "hello" } }));
    expect(made).toMatchObject({ state: "running", port: 8080, url: `http://${made.address}:8080` });
    expect(made.address).toMatch(/^127\.(?!0\.0\.)/);
    expect(await ask<Answer>(made.url)).toMatchObject({ message: "hello", pid: made.pid });
    await lab.delete("web");
    expect(await ask(made.url)).toBeUndefined();
    expect(processesAbout(lab.dataFolder)).toEqual([]);
    expect(existsSync(lab.paths("web").folder)).toBe(false);
    expect(readdirSync(`${lab.dataFolder}/services/.reserved/addresses`)).toEqual([]);
    await lab.delete("web");
  });
});
