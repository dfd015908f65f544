import { execFileSync } from "node:child_process";
import { expect, it } from "@jest/globals";
import { checkScript, readCheck } from "../../host-provisioning/check/index.ts";

it("the check's script says what its reader reads, on any shell", () => {
  const output = execFileSync("sh", ["-s"], { input: checkScript, encoding: "utf8" });
  expect(readCheck(output)).toEqual({
    system: execFileSync("uname", ["-s", "-r", "-m"], { encoding: "utf8" }).trim(),
    user: execFileSync("id", ["-u", "-n"], { encoding: "utf8" }).trim(),
    uptimeSeconds: expect.any(Number),
  });
});

it.each([
  "",
  "Welcome!\nLinux 6 x86_64\nroot\n1.0\n",
  "Linux 6 x86_64\nroot\nsoon\n",
  "Linux 6 x86_64\nroot\n1.0",
])("what another program says is not taken for it: %j", (output) => {
  expect(readCheck(output)).toBeUndefined();
});
