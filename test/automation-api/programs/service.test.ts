import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { unpackProgram } from "../../../automation-api/programs/unpack.ts";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";
import { startGitServer } from "../git/git-server.ts";
import { makeTarGz } from "./tarball.ts";

let server: DeploymentServer;
let root: string;
beforeAll(async () => {
  server = await startDeploymentServer();
  root = await mkdtemp(path.join(tmpdir(), "resolve-"));
  await chmod(root, 0o711);
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const program = makeTarGz([
  { path: "Pulumi.yaml", content: "name: web\nruntime: nodejs\n" },
  { path: "index.js", content: "" },
]);

async function upload(body: Buffer, token = server.adminToken) {
  const reply = await fetch(`${server.url}/api/v1/programs`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/gzip" },
    body: new Uint8Array(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: replies of every form.
  return { status: reply.status, body: (await reply.json()) as any };
}

const use = (more: object = {}) => ({
  organizationId: server.organizationId,
  projectId: "prj_any",
  folder: root,
  ...more,
});

describe("POST /api/v1/programs", () => {
  it("keeps an archive, which a deployment can then name and a runner unpack", async () => {
    const { status, body } = await upload(program);
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: expect.stringMatching(/^prg_/), bytes: program.length, entries: 2 });
    expect((await server.deploy({ stack: "archive", program: { archive: body.id } })).status).toBe(202);
    const into = await mkdtemp(path.join(root, "archive-"));
    const source = await server.programs.resolve(
      { archive: body.id },
      use({ folder: path.join(into, "fetched") }),
    );
    const { folder, manifest } = await unpackProgram(source, into);
    expect(manifest).toEqual({ name: "web", main: undefined, runtime: "nodejs" });
    expect(existsSync(path.join(folder, "index.js"))).toBe(true);
  });

  it.each([
    ["what is no archive", Buffer.from("hello"), "not gzipped"],
    ["a path that climbs", makeTarGz([{ path: "../x", content: "" }]), "leads out"],
    [
      "another runtime",
      makeTarGz([{ path: "Pulumi.yaml", content: "name: x\nruntime: python\n" }]),
      "python",
    ],
  ])("refuses %s with 400 and keeps nothing", async (_name, bytes, message) => {
    const before = await server.countRows();
    const { status, body } = await upload(bytes);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(message)]);
    expect(await server.countRows()).toEqual(before);
  });

  it("does not read on when the upload is too large", async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      `POST /api/v1/programs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminToken}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(1024 * 1024), Buffer.from("\r\n")]);
    let reply = "";
    socket.on("data", (data) => {
      reply += data;
    });
    let sent = 0;
    while (!reply && sent < 200 && !socket.destroyed) {
      sent += 1;
      if (!socket.write(chunk)) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => (socket.closed ? resolve(undefined) : socket.once("close", resolve)));
    expect(reply).toContain("413");
    expect(sent).toBeLessThan(200);
  });

  it("needs program:run-code", async () => {
    const { token } = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
    expect((await upload(program, token)).status).toBe(403);
  });

  it("keeps an archive from those who neither sent it nor may see all", async () => {
    const { body } = await upload(program);
    const projectId = await server.project("apart");
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    const deploy = () => server.deploy({ project: "apart", program: { archive: body.id } }, token);
    expect((await deploy()).status).toBe(404);
    await server.deploy({ project: "apart", stack: "other", program: { archive: body.id } });
    expect((await deploy()).status).toBe(202);
    await expect(
      server.programs.resolve({ archive: body.id }, use({ organizationId: "org_x" })),
    ).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

describe("Programs.resolve", () => {
  it("fetches a private repository with its credential", async () => {
    const git = await startGitServer({ login: "robot:canary-git" });
    try {
      await git.commit("private", { "infra/Pulumi.yaml": "name: web\nruntime: nodejs\n" });
      const { body } = await server.call("POST", "/api/v1/credentials", {
        body: { name: "forge", url: git.url, username: "robot", password: "canary-git" },
      });
      const reference = {
        git: { url: `${git.url}/private/.git`, ref: "main", path: "infra", credential: body.id },
      };
      expect((await server.deploy({ stack: "git", program: reference })).status).toBe(202);
      const into = await mkdtemp(path.join(root, "git-"));
      const source = await server.programs.resolve(reference, use({ folder: path.join(into, "fetched") }));
      expect(source).toMatchObject({ kind: "archive", path: "infra" });
      expect((await unpackProgram(source, into)).manifest?.name).toBe("web");
      await server.call("DELETE", `/api/v1/credentials/${body.id}`);
      await expect(server.programs.resolve(reference, use())).rejects.toMatchObject({ code: "not_found" });
    } finally {
      await git.close();
    }
  });

  it("judges addresses anew, whatever was true when the deployment was queued", async () => {
    await expect(
      server.programs.resolve({ git: { url: "https://10.0.0.1/r", ref: "HEAD" } }, use()),
    ).rejects.toMatchObject({
      code: "invalid",
    });
    await expect(server.programs.resolve({ folder: "/etc" }, use())).rejects.toMatchObject({
      code: "invalid",
    });
  });

  const reason = reasonToSkip("root");
  (reason ? it.skip : it)("runs git as the runner's user, and gives it the files", async () => {
    const git = await startGitServer();
    try {
      await git.commit("own", { "Pulumi.yaml": "name: web\nruntime: nodejs\n" });
      const id = 1_900_000_123;
      const wrap = (command: string[]) => [
        "setpriv",
        `--reuid=${id}`,
        `--regid=${id}`,
        "--clear-groups",
        "--",
        ...command,
      ];
      const folder = path.join(root, "as-user");
      const reference = { git: { url: `${git.url}/own/.git`, ref: "HEAD" } };
      const source = await server.programs.resolve(
        reference,
        use({ folder, asUser: { uid: id, gid: id, wrap } }),
      );
      expect((await stat((source as { file: string }).file)).uid).toBe(id);
    } finally {
      await git.close();
    }
  });
});
