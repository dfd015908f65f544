import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { findConnection } from "../../../automation-api/cli/connection.ts";
import { credentialsPath, keepLogin, readCredentials } from "../../../automation-api/cli/credentials-file.ts";
import { temporaryFolder } from "./terminal.ts";

let home: string;
beforeEach(async () => {
  home = await temporaryFolder();
});
afterEach(() => rm(home, { recursive: true, force: true }));

const login = (token: string) => ({ token, account: "admin", organization: "roost" });
const find = (flags: { url?: string; plainHttp?: boolean } = {}, env: Record<string, string> = {}) =>
  findConnection(flags, { env, home, projectFolder: path.join(home, "clone") });

it("prefers --url to ROOST_URL to the last login to a server of this machine", async () => {
  expect(await find()).toMatchObject({ origin: "http://127.0.0.1:8000", token: undefined });
  await keepLogin({ env: {}, home }, "https://kept.example", login("kept-token"));
  expect(await find()).toMatchObject({ origin: "https://kept.example", token: "kept-token" });
  const env = { ROOST_URL: "https://env.example/", ROOST_TOKEN: "env-token" };
  expect(await find({}, env)).toMatchObject({ origin: "https://env.example", token: "env-token" });
  expect(await find({ url: "kept.example" }, env)).toMatchObject({
    origin: "https://kept.example",
    token: "kept-token",
  });
});

it("sends a kept token to its own address only", async () => {
  await keepLogin({ env: {}, home }, "https://roost.example", login("secret-token"));
  for (const url of ["https://roost.example.attacker.test", "https://roost.example:444", "https://example"]) {
    expect((await find({ url })).token).toBeUndefined();
  }
  // A token in the environment belongs to the address beside it.
  const env = { ROOST_URL: "https://roost.example", ROOST_TOKEN: "env-token" };
  expect((await find({ url: "https://other.example" }, env)).token).toBeUndefined();
});

it("takes the admin token of a server started here, by either name of loopback", async () => {
  const data = path.join(home, "data");
  await mkdir(data);
  await writeFile(path.join(data, "admin-token"), "own-token\n");
  const env = { ROOST_DATA_DIR: data, ROOST_PORT: "9123" };
  expect(await find({}, env)).toMatchObject({ origin: "http://127.0.0.1:9123", token: "own-token" });
  expect((await find({ url: "http://localhost:9123" }, env)).token).toBe("own-token");
  expect((await find({ url: "http://localhost:9124" }, env)).token).toBeUndefined();
  expect((await find({ url: "https://example.com:9123" }, env)).token).toBeUndefined();
});

it("sends no token in clear to another machine, unless told that the network is ours", async () => {
  const env = { ROOST_URL: "http://roost.example", ROOST_TOKEN: "env-token" };
  await expect(find({}, env)).rejects.toThrow("in clear to http://roost.example");
  expect((await find({ plainHttp: true }, env)).token).toBe("env-token");
  expect((await find({}, { ...env, ROOST_URL: "http://[::1]:8000" })).token).toBe("env-token");
});

it.each(["ftp://x", "https://user:pass@x", "https://", "ht!tp://x"])(
  "refuses the address %s",
  async (url) => {
    await expect(find({ url })).rejects.toThrow("expected the address of a server");
  },
);

it("keeps logins in a 0600 file of a 0700 folder, and several of them", async () => {
  await keepLogin({ env: {}, home }, "https://one.example", login("one"));
  const file = await keepLogin({ env: {}, home }, "https://two.example", login("two"));
  expect(file).toBe(path.join(home, ".config", "roost", "credentials.json"));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  expect(Object.keys(JSON.parse(await readFile(file, "utf8")).servers)).toHaveLength(2);
  expect((await find()).origin).toBe("https://two.example");
  expect((await find({ url: "https://one.example" })).token).toBe("one");
});

it("refuses a file that others can read, and a damaged one", async () => {
  const context = { env: {}, home };
  const file = await keepLogin(context, "https://one.example", login("one"));
  await chmod(file, 0o644);
  await expect(readCredentials(context)).rejects.toThrow("chmod 600");
  await chmod(file, 0o600);
  await writeFile(file, "{");
  await expect(readCredentials(context)).rejects.toThrow("damaged");
  expect(credentialsPath({ env: { XDG_CONFIG_HOME: "/x" }, home })).toBe("/x/roost/credentials.json");
});
