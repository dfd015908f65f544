import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { parseAllowRules, resolveOutbound } from "../../../automation-api/git/outbound.ts";
import { parseGitUrl } from "../../../automation-api/git/url.ts";
import { unpackArchive } from "../../../automation-api/programs/archive.ts";
import { fetchGit, type GitRequest } from "../../../automation-api/programs/git.ts";
import { type GitServer, startGitServer } from "../git/git-server.ts";

let root: string;
let server: GitServer;
const others: GitServer[] = [];
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "git-"));
  server = await startGitServer();
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
});

async function start(options: Parameters<typeof startGitServer>[0]): Promise<GitServer> {
  const other = await startGitServer(options);
  others.push(other);
  return other;
}

async function fetchFrom(url: string, more: Partial<GitRequest> = {}) {
  const parsed = parseGitUrl(url, "url");
  const rules = parseAllowRules(["127.0.0.1", "git.example.test"]);
  const lookup = async () => ["127.0.0.1"];
  const target = await resolveOutbound(parsed, { rules, field: "url", lookup });
  const folder = await mkdtemp(path.join(root, "fetch-"));
  return { folder, ...(await fetchGit({ url: parsed, ref: "HEAD", target, folder, ...more })) };
}

async function filesOf(file: string): Promise<string[]> {
  const place = await mkdtemp(path.join(root, "files-"));
  await unpackArchive(file, place);
  return (await readdir(place, { recursive: true })).sort();
}

describe("fetchGit", () => {
  it("packs the files of a branch, a tag and a commit, without history", async () => {
    const first = await server.commit("plain", { "Pulumi.yaml": "runtime: nodejs\n", "old.js": "" });
    await server.git("plain", "tag", "v1");
    await server.git("plain", "rm", "--quiet", "old.js");
    const second = await server.commit("plain", { "new.js": "", "sub/x.js": "" });
    const url = `${server.url}/plain/.git`;
    for (const [ref, commit, files] of [
      ["HEAD", second, ["Pulumi.yaml", "new.js", "sub", "sub/x.js"]],
      ["main", second, ["Pulumi.yaml", "new.js", "sub", "sub/x.js"]],
      ["v1", first, ["Pulumi.yaml", "old.js"]],
      [first, first, ["Pulumi.yaml", "old.js"]],
    ] as const) {
      const fetched = await fetchFrom(url, { ref });
      expect(fetched.commit).toBe(commit);
      expect(await filesOf(fetched.file)).toEqual(files);
      expect(await readdir(fetched.folder)).toEqual(["program.tar"]);
    }
  });

  it("connects to the address that was checked, whatever the name means to others", async () => {
    await server.commit("pinned", { "Pulumi.yaml": "runtime: nodejs\n" });
    const fetched = await fetchFrom(`http://git.example.test:${server.port}/pinned/.git`);
    expect(await filesOf(fetched.file)).toEqual(["Pulumi.yaml"]);
  });

  it("follows no redirect", async () => {
    await server.commit("target", { "Pulumi.yaml": "secret\n" });
    const redirecting = await start({
      intercept(request, response) {
        response
          .writeHead(302, { location: `${server.url}/target/.git${request.url?.replace(/^\/r/, "")}` })
          .end();
        return true;
      },
    });
    const before = server.requests.length;
    await expect(fetchFrom(`${redirecting.url}/r`)).rejects.toMatchObject({ code: "invalid" });
    expect(server.requests.length).toBe(before);
  });

  it("runs no hook, filter or submodule of the repository", async () => {
    const witness = path.join(root, "witness");
    await server.commit("inner", { "inner.txt": "x" });
    await server.commit("hostile", {
      "Pulumi.yaml": "runtime: nodejs\n",
      ".gitattributes": "*.txt filter=evil diff=evil\n",
      "a.txt": "content",
      ".gitmodules": `[submodule "inner"]\n\tpath = inner\n\turl = ${server.url}/inner/.git\n\tupdate = !touch ${witness}\n`,
      "hooks/post-checkout": `#!/bin/sh\ntouch ${witness}\n`,
    });
    const inner = await server.git("inner", "rev-parse", "HEAD");
    await server.git("hostile", "update-index", "--add", "--cacheinfo", `160000,${inner},inner`);
    await server.git("hostile", "commit", "--quiet", "--message=submodule");
    const before = server.requests.length;
    // Git itself refuses such a submodule; without it the rest is plain files.
    await expect(fetchFrom(`${server.url}/hostile/.git`)).rejects.toMatchObject({ code: "invalid" });
    await server.commit("hostile", {
      ".gitmodules": `[submodule "inner"]\n\tpath = inner\n\turl = ${server.url}/inner/.git\n`,
    });
    const fetched = await fetchFrom(`${server.url}/hostile/.git`);
    const files = await filesOf(fetched.file);
    expect(files).toContain("a.txt");
    expect(files).not.toContain("inner/inner.txt");
    expect(existsSync(witness)).toBe(false);
    expect(server.requests.slice(before).filter(({ url }) => url.includes("/inner/"))).toEqual([]);
  });

  it("gives the credential to its host, and to nobody else's eyes", async () => {
    const password = "canary-5d1f";
    const guarded = await start({ login: `robot:${password}` });
    await guarded.commit("private", { "Pulumi.yaml": "runtime: nodejs\n" });
    const url = `${guarded.url}/private/.git`;
    const fetched = await fetchFrom(url, { login: { username: "robot", password } });
    expect(await filesOf(fetched.file)).toEqual(["Pulumi.yaml"]);
    expect((await readFile(fetched.file)).includes(password)).toBe(false);
    expect(guarded.requests.some(({ url: path }) => path.includes(password))).toBe(false);

    const wrong = fetchFrom(url, { login: { username: "robot", password: "wrong" } });
    await expect(wrong).rejects.toMatchObject({ code: "invalid" });
    await expect(wrong.catch((error: Error) => Promise.reject(new Error(error.message)))).rejects.not.toThrow(
      /wrong/,
    );
    await expect(fetchFrom(url)).rejects.toMatchObject({ code: "invalid" });
  });

  it("names what is not there", async () => {
    await server.commit("refs", { "Pulumi.yaml": "runtime: nodejs\n" });
    const missing = fetchFrom(`${server.url}/refs/.git`, { ref: "no-such-branch" });
    await expect(missing).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("no-such-branch"),
    });
    await expect(fetchFrom(`${server.url}/none/.git`)).rejects.toMatchObject({ code: "invalid" });
  });

  it("stops a download at its limit", async () => {
    const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36)).join("\n");
    await server.commit("large", { "Pulumi.yaml": "runtime: nodejs\n", noise });
    const large = fetchFrom(`${server.url}/large/.git`, { limitBytes: 64 * 1024 });
    await expect(large).rejects.toMatchObject({ code: "too_large" });
  });

  it("ends at its time limit and when it is cancelled, and leaves no process", async () => {
    const silent = await start({ intercept: () => true });
    const slow = fetchFrom(`${silent.url}/r`, { timeLimitMs: 700 });
    await expect(slow).rejects.toMatchObject({
      code: "unprocessable",
      message: expect.stringContaining("0.7 s"),
    });
    const cancel = new AbortController();
    const cancelled = fetchFrom(`${silent.url}/r`, { signal: cancel.signal });
    const { length } = silent.requests;
    const asked = (async () => {
      while (silent.requests.length === length) await new Promise((resolve) => setImmediate(resolve));
      cancel.abort();
    })();
    await expect(cancelled).rejects.toThrow(/abort/i);
    await asked;
  });

  it("speaks no protocol but the one of the url", async () => {
    // What a caller could only do by going around parseGitUrl: git's own allow-list still holds.
    const witness = path.join(root, "ext-witness");
    const folder = await mkdtemp(path.join(root, "fetch-"));
    const target = { host: "x", port: 443, addresses: ["127.0.0.1"], allowed: false };
    for (const href of [`ext::sh -c touch% ${witness}`, `file://${root}`, `${server.url}/plain/.git`]) {
      const url = { href, hostname: "x", protocol: "https:", origin: "https://x" } as URL;
      await expect(fetchGit({ url, ref: "HEAD", target, folder })).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/not allowed/),
      });
    }
    expect(existsSync(witness)).toBe(false);
  });
});
