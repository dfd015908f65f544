import { describe, expect, it } from "@jest/globals";
import { checkFields } from "../../../plugins/command/fields.ts";
import { globToRegExp, selectPaths } from "../../../plugins/command/glob.ts";
import { parseHostKey } from "../../../plugins/command/host-key.ts";
import { localFields, remoteFields } from "../../../plugins/command/inputs.ts";
import { withSecretLogin } from "../../../plugins/command/secrecy.ts";
import { type Properties, secret, unknown } from "../../../plugins/provider/index.ts";

describe("globs", () => {
  it.each([
    ["*", "a.js", true],
    ["*", "a/b.js", false],
    ["**", "a/b.js", true],
    ["src/**.js", "src/a/b.js", true],
    ["src/**.js", "src/a.ts", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[a-c].txt", "b.txt", true],
    ["[!a-c].txt", "b.txt", false],
    ["{one,two}/*.md", "two/x.md", true],
    ["a.b", "axb", false],
    ["\\*", "*", true],
    ["\\*", "x", false],
    ["(a|b)+$", "(a|b)+$", true],
  ])("%s on %s: %s", (glob, path, expected) => expect(globToRegExp(glob).test(path)).toBe(expected));

  it("apply in order, each exclusion to what came before it", () => {
    const paths = ["a.js", "secret.js", "b.md"];
    expect(selectPaths(paths, ["*.js", "!secret*"])).toEqual(["a.js"]);
    expect(selectPaths(paths, ["!secret*", "*.js"])).toEqual(["a.js", "secret.js"]);
  });

  it.each(["[a", "{a,b"])("refuse %s", (glob) => expect(() => globToRegExp(glob)).toThrow(glob));
});

describe("inputs", () => {
  it.each<[Properties, string[]]>([
    [{ create: "true", triggers: [1, { a: 2 }], environment: { A: "x" } }, []],
    [{ create: unknown, environment: { A: unknown }, assetPaths: unknown }, []],
    [{ creat: "true" }, ["creat"]],
    [
      { create: 1, stdin: ["x"], addPreviousOutputInEnv: "maybe" },
      ["create", "stdin", "addPreviousOutputInEnv"],
    ],
  ])("of a local command: %j fails at %j", (inputs, failed) => {
    expect(checkFields(inputs, localFields).map(({ property }) => property)).toEqual(failed);
  });

  it.each<[Properties, string[]]>([
    [{}, ["connection"]],
    [{ connection: {} }, ["connection.host"]],
    [{ connection: { host: "h", proxy: { user: "x" } } }, ["connection.proxy.host"]],
    [{ connection: { host: "h", port: "22" } }, []],
    [{ connection: { host: "h", port: "ssh", key: "x" } }, ["connection.port", "connection.key"]],
    [{ connection: unknown }, []],
  ])("of a remote command: %j fails at %j", (inputs, failed) => {
    expect(checkFields(inputs, remoteFields).map(({ property }) => property)).toEqual(failed);
  });

  it("get login data marked as secrets inside the secret connection, as the official provider does", () => {
    const hop = { host: "h", password: "p", privateKey: "k", privateKeyPassword: undefined };
    const hidden = {
      host: "h",
      password: secret("p"),
      privateKey: secret("k"),
      privateKeyPassword: undefined,
    };
    expect(withSecretLogin({ connection: { ...hop, proxy: hop } })).toEqual({
      connection: secret({ ...hidden, proxy: hidden }),
    });
    expect(withSecretLogin({ connection: unknown })).toEqual({ connection: unknown });
  });
});

describe("host keys", () => {
  const key = "AAAAC3NzaC1lZDI1NTE5AAAAIJ2rkMkvRQcgUbGMRhOVtmg7ZtrxNMxv1GE8Bq2oN7qS";
  it.each([`ssh-ed25519 ${key}`, `ssh-ed25519 ${key} comment\n`, `example.com ssh-ed25519 ${key}`])(
    "are read from %j",
    (line) => {
      expect(parseHostKey(line)).toEqual({ bytes: Buffer.from(key, "base64"), algorithms: ["ssh-ed25519"] });
    },
  );
  it.each(["", "ssh-ed25519", `ssh-rsa ${key}`, "nonsense AAAA"])("are refused: %j", (line) => {
    expect(() => parseHostKey(line)).toThrow("hostKey is not a public key");
  });
});
