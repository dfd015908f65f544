import { Writable } from "node:stream";
import { expect, test } from "@jest/globals";
import { mintToken } from "../../../automation-api/access/domain.ts";
import { createLogger, scrub } from "../../../automation-api/http/log.ts";

const { token } = mintToken("tok_01kabcdefghjkmnpqrstvwxyz0");

test("tokens and Authorization headers are taken out of free text, the rest stays", () => {
  const text = `calling with Bearer abc.def-ghi and token ${token}, update-token 12345678 at 127.0.0.1`;
  expect(scrub(text)).toBe("calling with [redacted] and [redacted] [redacted] at 127.0.0.1");
});

test("an error is logged with its cause and code, without tokens, and secret fields not at all", () => {
  const lines: string[] = [];
  const log = createLogger(
    "info",
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  const cause = Object.assign(new Error(`refused for ${token}`), { code: "ECONNREFUSED" });
  log.error(
    { error: new Error("outer", { cause }), headers: { a: "canary-1" }, call: { authorization: "canary-2" } },
    "failed",
  );
  const [line = ""] = lines;
  expect(JSON.parse(line)).toMatchObject({
    level: "error",
    msg: "failed",
    error: { message: "outer", cause: { code: "ECONNREFUSED" } },
  });
  expect(line).not.toMatch(/canary|AAAA/);
  expect(line).not.toContain(token);
});
