import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { planImport, readSelector } from "../../../automation-api/hosts/domain.ts";
import { parseConfig, plainNames, settingsOf } from "../../../automation-api/hosts/openssh-config.ts";
import { hostKeys } from "./host-server.ts";

const plan = (config: string, knownHosts = "", inventory: { name: string; isBehind: boolean }[] = []) =>
  planImport({ config, knownHosts, user: null }, inventory);
const known = `10.0.0.1,web ${hostKeys.one}\n[10.0.0.2]:2222 ${hostKeys.two}\n*.lan ${hostKeys.ecdsa}\n`;

describe("an OpenSSH configuration", () => {
  it("is taken host by host: first value wins, patterns apply, bastions come first", () => {
    const { taken, refused, ignored } = plan(
      `User ops
# comment
Host app
  HostName 10.0.0.2
  Port = 2222
  ProxyJump gate
  User "late loser"
Host gate web
  HostName=10.0.0.1
Host *.x !app
  IdentityFile ~/.ssh/id
Host box.lan # by pattern in known_hosts
`,
      known,
    );
    const short = taken.map(({ name, address, port, user, bastion }) => [name, address, port, user, bastion]);
    expect(short).toEqual([
      ["gate", "10.0.0.1", 22, "ops", null],
      ["web", "10.0.0.1", 22, "ops", null],
      ["box.lan", "box.lan", 22, "ops", null],
      ["app", "10.0.0.2", 2222, "ops", "gate"],
    ]);
    expect(taken.at(-1)?.key.line).toBe(hostKeys.two);
    expect([refused, ignored]).toEqual([[], [{ line: 11, keyword: "identityfile" }]]);
  });

  it.each([
    ["a command", "Host a\nUser u\nProxyCommand nc %h %p", "proxy-command"],
    ["a chain of jumps", "Host a\nUser u\nHostName 10.0.0.1\nProxyJump b,c", "proxy-jump"],
    ["an unknown bastion", "Host a\nUser u\nHostName 10.0.0.1\nProxyJump b", "proxy-jump"],
    ["itself as bastion", "Host a\nUser u\nHostName 10.0.0.1\nProxyJump a", "proxy-jump"],
    ["no user", "Host a\nHostName 10.0.0.1", "user"],
    ["a user with an option", 'Host a\nHostName 10.0.0.1\nUser "-oProxyCommand=id"', "user"],
    ["no key", "Host a\nUser u\nHostName 10.9.9.9", "no-host-key"],
    ["a key of another port", "Host a\nUser u\nHostName 10.0.0.1\nPort 23", "no-host-key"],
    ["no port", "Host a\nUser u\nHostName 10.0.0.1\nPort 0", "port"],
    ["an address that is an option", 'Host a\nUser u\nHostName "-oProxyCommand=id"', "address"],
    ["a token", "Host a\nUser u\nHostName %L.lan", "address"],
    ["a name that is none", "Host a/b\nUser u\nHostName 10.0.0.1", "name"],
    ["a name that is taken", "Host old\nUser u\nHostName 10.0.0.1", "name-taken"],
  ])("says why a host with %s is not taken", (_what, config, reason) => {
    const { taken, refused } = plan(config, known, [{ name: "old", isBehind: false }]);
    expect([taken, refused.map((one) => one.reason)]).toEqual([[], [reason]]);
    expect(refused[0]?.line).toBe(1);
  });

  it("says which lines it leaves out, and takes nothing from them", () => {
    const { taken, refused } = plan(
      'Include ~/other\nHost a\nHostName 10.0.0.1\nUser u\nMatch exec "touch /tmp/x"\nUser root\nHost "b\nPort',
      known,
    );
    expect(taken.map(({ user }) => user)).toEqual(["u"]);
    expect(refused.map(({ line, reason }) => [line, reason])).toEqual([
      [1, "include"],
      [5, "match"],
      [7, "syntax"],
      [8, "syntax"],
    ]);
  });

  it("reads hashed names and refuses revoked keys", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "known-"));
    const file = path.join(folder, "known_hosts");
    writeFileSync(file, known);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    const hashed = readFileSync(file, "utf8");
    rmSync(folder, { recursive: true });
    expect(hashed).toContain("|1|");
    const config = "Host a\nUser u\nHostName 10.0.0.2\nPort 2222";
    expect(plan(config, hashed).taken.map(({ key }) => key.line)).toEqual([hostKeys.two]);
    const revoked = `${known}@revoked * ${hostKeys.two}\n`;
    expect(plan(config, revoked).refused.map(({ reason }) => reason)).toEqual(["revoked-host-key"]);
  });

  it("means what ssh itself reads in it, for any configuration of these parts", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "config-"));
    const file = path.join(folder, "config");
    const name = fc.constantFrom("a", "ab", "b.c", "web1");
    const pattern = fc.oneof(name, fc.constantFrom("*", "a*", "?b", "!ab", "*.c", "!*", "web?"));
    const setting = fc.oneof(
      fc.tuple(fc.constant("Port"), fc.integer({ min: 1, max: 99 }).map(String)),
      fc.tuple(fc.constant("user"), fc.constantFrom("u", '"v"', "w # late")),
      fc.tuple(fc.constant("HostName"), fc.constantFrom("h1", "h2")),
    );
    const line = fc
      .tuple(setting, fc.constantFrom(" ", "=", " = ", "\t"))
      .map(([[key, value], gap]) => key + gap + value);
    const section = fc
      .tuple(fc.array(pattern, { minLength: 1, maxLength: 3 }), fc.array(line, { maxLength: 3 }))
      .map(([patterns, lines]) => [`Host ${patterns.join(" ")}`, ...lines].join("\n"));
    fc.assert(
      fc.property(fc.array(section, { maxLength: 4 }), name, (sections, asked) => {
        const config = sections.join("\n");
        writeFileSync(file, `${config}\n`);
        const said = execFileSync("ssh", ["-G", "-T", "-F", file, asked], {
          encoding: "utf8",
          stdio: "pipe",
        });
        const ours = settingsOf(parseConfig(config), asked);
        for (const [keyword, otherwise] of [
          ["port", "22"],
          ["hostname", asked],
          ["user", undefined],
        ] as const) {
          const value = ours.get(keyword)?.values[0] ?? otherwise;
          if (value !== undefined) expect(said).toContain(`\n${keyword} ${value}\n`.trimStart());
        }
      }),
      { numRuns: 60 },
    );
    rmSync(folder, { recursive: true });
  });

  it("never throws, whatever the text", () => {
    const piece = fc.constantFrom(
      "Host ",
      "Match ",
      "a",
      "*",
      '"',
      "\\",
      "\n",
      "=",
      " ",
      "#",
      "ProxyJump ",
      "%",
      "User u",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const config = pieces.join("");
        const { taken, refused } = plan(config, known);
        const answered = new Set([...taken, ...refused].map(({ name }) => name));
        for (const { name } of plainNames(parseConfig(config))) expect(answered).toContain(name);
      }),
      { numRuns: 2000 },
    );
  });
});

it("a selector is read as labels", () => {
  expect(readSelector("env=prod,role=web")).toEqual({ env: "prod", role: "web" });
});
