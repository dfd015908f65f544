import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Gate, newEngineToken } from "../../../automation-api/engine/gate.ts";

const gate = new Gate();
const server = http.createServer(gate.before((_request, response) => response.end("answered")));
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function ask(authorization?: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const headers = authorization === undefined ? {} : { authorization };
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, headers, agent: false };
    http.get(options, (response) => resolve(text(response))).on("error", reject);
  });
}

describe("the gate of engines that were started ahead", () => {
  it("lets who shows a closed token wait, and nobody else, until it is opened", async () => {
    const [early, other] = [newEngineToken(), newEngineToken()];
    gate.close(early);
    let isAnswered = false;
    const waiting = ask(`token ${early}`).then((said) => {
      isAnswered = true;
      return said;
    });
    for (const authorization of [undefined, `token ${other}`, `update-token ${early}`])
      expect(await ask(authorization)).toBe("answered");
    expect(isAnswered).toBe(false);
    gate.open(early);
    expect(await waiting).toBe("answered");
    expect(await ask(`token ${early}`)).toBe("answered");
  });
});
