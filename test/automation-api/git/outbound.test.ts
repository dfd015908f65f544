import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isPublicAddress, parseAllowRules, resolveOutbound } from "../../../automation-api/git/outbound.ts";
import { parseGitUrl } from "../../../automation-api/git/url.ts";

const notPublic = `0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1
  172.31.255.255 192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.2 203.0.113.9 224.0.0.1 240.0.0.1
  255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 fe80::1 fc00::1 fd12::1 ff02::1
  2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 100::1`.split(/\s+/);
const isPublic = "8.8.8.8 1.1.1.1 100.63.0.1 172.32.0.1 193.0.0.1 2606:4700::1111 2a00:1450::1".split(" ");

describe("isPublicAddress", () => {
  it.each(notPublic)("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(isPublic)("%s is", (address) => expect(isPublicAddress(address)).toBe(true));
});

const resolve = (text: string, allow: string[] = [], answers: string[] = ["8.8.8.8"]) =>
  resolveOutbound(parseGitUrl(text, "program.git.url"), {
    rules: parseAllowRules(allow),
    field: "program.git.url",
    lookup: async () => answers,
  });

describe("resolveOutbound", () => {
  it.each([
    "https://127.0.0.1/r",
    "https://127.1/r",
    "https://0x7f000001/r",
    "https://2130706433/r",
    "https://0177.0.0.1/r",
    "https://[::1]/r",
    "https://[::ffff:127.0.0.1]/r",
    "https://[::ffff:7f00:1]/r",
    "https://[0:0:0:0:0:0:0:1]/r",
    "https://169.254.169.254/latest",
    "https://１２７.0.0.1/r",
    "https://[fe80::1]/r",
  ])("refuses %s", async (url) => {
    await expect(resolve(url)).rejects.toMatchObject({
      code: "invalid",
      faults: [{ field: "program.git.url" }],
    });
  });

  it.each([
    ["private", ["10.0.0.1"]],
    ["one private among public ones", ["8.8.8.8", "127.0.0.1"]],
    ["link-local with a zone", ["fe80::1%eth0"]],
    ["mapped", ["::ffff:127.0.0.1"]],
    ["none", []],
  ])("refuses a name whose addresses are %s", async (_name, answers) => {
    await expect(resolve("https://git.example.com/r", [], answers)).rejects.toMatchObject({
      code: "invalid",
    });
  });

  it("refuses a name that cannot be resolved, and localhost as the system knows it", async () => {
    const failing = resolveOutbound(new URL("https://nowhere.invalid/r"), {
      rules: [],
      field: "url",
      lookup: async () => Promise.reject(new Error("ENOTFOUND")),
    });
    await expect(failing).rejects.toMatchObject({ code: "invalid" });
    const system = resolveOutbound(new URL("https://localhost/r"), { rules: [], field: "url" });
    await expect(system).rejects.toMatchObject({ code: "invalid" });
  });

  it.each([
    ["a host", "https://git.lan/r", ["git.lan"], ["10.0.0.5"]],
    ["a host in other letters", "https://GIT.lan/r", ["Git.LAN"], ["10.0.0.5"]],
    ["a host and port", "https://git.lan:8443/r", ["git.lan:8443"], ["10.0.0.5"]],
    ["an address", "https://10.0.0.5/r", ["10.0.0.5"], []],
    ["a network", "https://git.lan/r", ["10.0.0.0/8"], ["10.0.0.5"]],
    ["a network and port", "https://git.lan:99/r", ["10.0.0.0/8:99"], ["10.0.0.5"]],
    ["an IPv6 address", "https://[fd00::5]/r", ["fd00::5"], []],
    ["an IPv6 address and port", "https://[fd00::5]:81/r", ["[fd00::5]:81"], []],
    ["an IPv6 network", "https://git.lan/r", ["fd00::/8"], ["fd00::5"]],
  ])("lets pass what is allowed: %s", async (_name, url, allow, answers) => {
    expect(await resolve(url, allow, answers)).toMatchObject({ allowed: true });
  });

  it.each([
    ["another port", "https://git.lan:9000/r", ["git.lan:8443"], ["10.0.0.5"]],
    ["another host", "https://git2.lan/r", ["git.lan"], ["10.0.0.5"]],
    ["a name that ends alike", "https://evilgit.lan/r", ["git.lan"], ["10.0.0.5"]],
    ["one address outside of the network", "https://git.lan/r", ["10.0.0.0/8"], ["10.0.0.5", "192.168.0.1"]],
  ])("refuses %s", async (_name, url, allow, answers) => {
    await expect(resolve(url, allow, answers)).rejects.toMatchObject({ code: "invalid" });
  });

  it("returns public addresses, which no rule named", async () => {
    expect(await resolve("https://git.example.com/r")).toEqual({
      host: "git.example.com",
      port: 443,
      addresses: ["8.8.8.8"],
      allowed: false,
    });
  });

  it("never returns an address that is neither public nor allowed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 4 }),
        async (answers) => {
          const target = await resolve("https://git.example.com/r", ["10.0.0.0/8"], answers).catch(
            () => undefined,
          );
          for (const address of target?.addresses ?? []) {
            expect(isPublicAddress(address) || address.startsWith("10.")).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("parseAllowRules", () => {
  it.each(["-x", "a b", "10.0.0.0/33", "fd00::/129", "10.0.0.0/x", "http://git.lan", "*", "git.lan/8"])(
    "refuses %s",
    (text) => expect(() => parseAllowRules([text])).toThrow(/ROOST_OUTBOUND_ALLOW/),
  );
});

describe("parseGitUrl", () => {
  it.each([
    ["a leading dash", "--upload-pack=touch /tmp/x"],
    ["a dash without space", "-ohttps://git.example.com"],
    ["a transport helper", "ext::sh"],
    ["a file", "file:///etc"],
    ["a path", "/srv/git/r"],
    ["ssh", "ssh://git@git.example.com/r"],
    ["the form of scp", "git@git.example.com:team/r"],
    ["git's own protocol", "git://git.example.com/r"],
    ["ftp", "ftp://git.example.com/r"],
    ["a user", "https://user@git.example.com/r"],
    ["a password", "https://user:pass@git.example.com/r"],
    ["an empty user", "https://:pass@git.example.com/r"],
    ["a line break", "https://git.example.com/r\n--upload-pack=x"],
    ["a tab in the host", "https://git.exa\tmple.com/r"],
    ["a space", "https://git.example.com/r --x"],
    ["a backslash", "https://git.example.com\\@10.0.0.1/r"],
    ["a query", "https://git.example.com/r?x=1"],
    ["a fragment", "https://git.example.com/r#x"],
    ["no host", "https:///r"],
    ["no slashes", "https:git.example.com/r"],
    ["a final dot", "https://git.example.com./r"],
    ["nothing", ""],
  ])("refuses %s", (_name, text) => {
    expect(() => parseGitUrl(text, "program.git.url")).toThrow(/program\.git\.url/);
  });

  it("gives what it accepts in the form that is connected to", () => {
    expect(parseGitUrl("HTTPS://GIT.example.com:443/team/r.git", "program.git.url").href).toBe(
      "https://git.example.com/team/r.git",
    );
  });

  it("never accepts text that git could take for an option or a helper", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((text) => `https://${text}`),
        ),
        (text) => {
          let url: URL;
          try {
            url = parseGitUrl(text, "program.git.url");
          } catch {
            return;
          }
          expect(url.href).toMatch(/^https?:\/\/[^\s@/]+\/[^\s]*$/);
          expect(url.href).not.toMatch(/[\n\r\0 ]/);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
