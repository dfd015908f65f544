import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readPublicKey } from "../../../automation-api/credentials/service.ts";
import { readPrivateKey } from "../../../automation-api/credentials/ssh-key.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { hostServer } from "../hosts/host-server.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "ssh-keys-"));
  make("ed25519", "ed25519");
  make("rsa", "rsa");
  make("ecdsa", "ecdsa");
  make("locked", "ed25519", "open sesame");
  server = await startTestServer(hostServer());
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const make = (name: string, type: string, phrase = "") =>
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", phrase, "-C", "a b", "-f", path.join(folder, name)]);
const text = (name: string) => readFileSync(path.join(folder, name), "utf8");
const fingerprint = (name: string) =>
  execFileSync("ssh-keygen", ["-l", "-f", path.join(folder, `${name}.pub`)], { encoding: "utf8" }).split(
    " ",
  )[1];
const create = (privateKey: string) =>
  server.call("POST", "/api/v1/credentials", { body: { name: "fleet", kind: "ssh", privateKey } });

describe("keys of OpenSSH", () => {
  it.each(["ed25519", "rsa", "ecdsa"])(
    "%s: the public half and the fingerprint are ssh-keygen's own",
    (name) => {
      const half = readPrivateKey(text(name), "privateKey");
      expect(half).toEqual(readPublicKey(text(`${name}.pub`), "hostKey"));
      expect(half.fingerprint).toBe(fingerprint(name));
      expect(text(`${name}.pub`)).toContain(half.line);
    },
  );

  it("with a passphrase, damaged or of an older form are refused with what to do", () => {
    expect(() => readPrivateKey(text("locked"), "privateKey")).toThrow("passphrase");
    expect(() => readPrivateKey(text("rsa").replaceAll("OPENSSH", "RSA"), "privateKey")).toThrow(
      "ssh-keygen -p",
    );
    const cut = text("ed25519").split("\n");
    expect(() =>
      readPrivateKey([cut[0], "b3BlbnNzaC1rZXktdjEA", cut.at(-2)].join("\n"), "privateKey"),
    ).toThrow();
    const line = readPublicKey(text("ed25519.pub"), "hostKey").line;
    for (const bad of [
      line.slice(0, -8),
      line.replace("ssh-ed25519", "ssh-rsa"),
      "ssh-dss AAAA",
      "",
      `${line}AAAA`,
    ]) {
      expect(() => readPublicKey(bad, "hostKey")).toThrow("hostKey: is not a public key");
    }
  });
});

describe("credentials for hosts", () => {
  it("show the public half and never the private one", async () => {
    const created = await create(text("ed25519"));
    expect([created.status, created.body.kind, created.body.url, created.body.username]).toEqual([
      201,
      "ssh",
      null,
      null,
    ]);
    expect(text("ed25519.pub")).toContain(created.body.publicKey);
    const secret = text("ed25519").split("\n")[3] as string;
    const rows = await server.database.db.selectFrom("credential").selectAll().execute();
    const audit = await server.database.db.selectFrom("audit").selectAll().execute();
    const listed = await server.call("GET", "/api/v1/credentials");
    expect(JSON.stringify([created.text, listed.text, audit, server.log])).not.toContain(secret);
    for (const row of rows) expect(row.secret.includes(secret)).toBe(false);
  });

  it("are rotated in place, with an audit row, by those who may", async () => {
    const { body } = await create(text("ed25519"));
    const target = `/api/v1/credentials/${body.id}/rotate`;
    const rotated = await server.call("POST", target, { body: { secret: text("rsa") } });
    expect(rotated.status).toBe(200);
    expect(text("rsa.pub")).toContain(rotated.body.publicKey);
    expect(rotated.body.rotatedAt).not.toBeNull();
    const bad = await server.call("POST", target, { body: { secret: text("locked") } });
    expect([bad.status, bad.body.faults[0].field]).toEqual([400, "secret"]);
    const nobody = newId("crd");
    const missing = await server.call("POST", `/api/v1/credentials/${nobody}/rotate`, {
      body: { secret: "x" },
    });
    expect(missing.status).toBe(404);
    const { db } = server.database;
    const audit = await db.selectFrom("audit").select(["action"]).where("object", "=", body.id).execute();
    expect(audit.map(({ action }) => action)).toEqual(["credential.create", "credential.rotate"]);
  });

  it("may be a password, which is shown as little and stays one", async () => {
    const password = "canary password";
    const post = (fields: object) =>
      server.call("POST", "/api/v1/credentials", { body: { name: "first day", kind: "ssh", ...fields } });
    const { body, status, text: reply } = await post({ password });
    expect([status, body.kind, body.publicKey]).toEqual([201, "ssh", null]);
    const rotate = (secret: string) =>
      server.call("POST", `/api/v1/credentials/${body.id}/rotate`, { body: { secret } });
    expect((await rotate("canary two\n")).status).toBe(400);
    const rotated = await rotate("canary two");
    expect([rotated.status, rotated.body.publicKey]).toEqual([200, null]);
    expect(reply + rotated.text).not.toContain("canary");
    for (const fields of [{ password, privateKey: text("ed25519") }, {}])
      expect((await post(fields)).body.faults).toMatchObject([
        { field: "privateKey", message: "kind ssh needs either it or a password" },
      ]);
  });

  it("for git keep their address when rotated, and stay one line", async () => {
    const git = { name: "forge", url: "https://git.example.com", password: "canary-one" };
    const { body } = await server.call("POST", "/api/v1/credentials", { body: git });
    const rotate = (secret: string) =>
      server.call("POST", `/api/v1/credentials/${body.id}/rotate`, { body: { secret } });
    expect((await rotate("canary-two")).body).toMatchObject({
      url: "https://git.example.com",
      username: "git",
    });
    expect((await rotate("a\npassword=b")).status).toBe(400);
  });

  it("that a host is logged in to with are not deleted", async () => {
    const { body: key } = await create(text("ed25519"));
    const host = {
      name: "kept",
      address: "10.0.0.9",
      user: "ops",
      hostKey: text("rsa.pub").trim(),
      credential: key.id,
    };
    const { body: made } = await server.call("POST", "/api/v1/hosts", { body: host });
    const refused = await server.call("DELETE", `/api/v1/credentials/${key.id}`);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("kept")]);
    await server.call("DELETE", `/api/v1/hosts/${made.id}`);
    expect((await server.call("DELETE", `/api/v1/credentials/${key.id}`)).status).toBe(204);
  });
});
