import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { locate } from "../../toolchain/found.mjs";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "roost-found-")));
const engine = join(folder, "pulumi");
writeFileSync(engine, "#!/bin/sh\necho v3.999.0\n");
chmodSync(engine, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what Roost runs on", () => {
  const env = { ROOST_ENGINE: engine, ROOST_CACHE_DIR: join(folder, "cache") };

  it("is this clone's Node, the CLI that was named and the PostgreSQL from npm, each with how it was found", () => {
    const { node, engine: found, database } = locate({ env });
    expect(node).toMatchObject({ found: true, how: "from npm, in this clone" });
    expect(found).toEqual({ found: true, path: engine, version: "3.999.0", how: "ROOST_ENGINE" });
    expect(database).toMatchObject({ found: true, how: "embedded, from npm" });
    expect(database.found && existsSync(join(database.path, "bin/postgres"))).toBe(true);
  });

  it("does not repeat the address of a given database, which holds a password", () => {
    const found = locate({ env: { ...env, DATABASE_URL: "postgres://u:canary@h/d" } }).database;
    expect(JSON.stringify(found)).not.toContain("canary");
    expect(found).toMatchObject({ found: true, how: "DATABASE_URL" });
  });

  it("remembers a CLI's version, and asks again when the file changes", () => {
    expect(existsSync(join(folder, "cache/versions.json"))).toBe(true);
    writeFileSync(engine, "#!/bin/sh\necho v3.998.10\n");
    expect(locate({ env }).engine).toMatchObject({ version: "3.998.10" });
  });
});
