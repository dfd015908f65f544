import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  cloneFolder,
  makeEngineFolder,
  reachableByAll,
  runnableEngine,
} from "../../../toolchain/bootstrap/engine-folder.mjs";

let base = "";
const file = (path: string, mode = 0o755) => {
  const full = join(base, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, path);
  chmodSync(full, mode);
  return full;
};
const where = () => ({
  root: join(base, "clone"),
  cache: join(base, "cache"),
  nodePath: process.execPath,
  say: () => {},
});

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "roost-folder-")));
  chmodSync(base, 0o755);
  file("clone/node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs", 0o644);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

describe("the folder that the engine is run from", () => {
  it("is the CLI's own when its language host is beside it", () => {
    const path = file("official/bin/pulumi");
    file("official/bin/pulumi-language-nodejs");
    expect(runnableEngine({ ...where(), path, uid: 1000 })).toEqual({ path, ready: true });
  });

  it("is made for the clone when the CLI stands alone: the same file, with the shim beside it", async () => {
    const path = file("alone/bin/pulumi");
    file("alone/bin/other-program");
    expect(runnableEngine({ ...where(), path, uid: 1000 })).toEqual({ path, ready: false });
    await makeEngineFolder({ ...where(), path });
    const made = runnableEngine({ ...where(), path, uid: 1000 });
    expect(made.ready).toBe(true);
    expect(readdirSync(join(made.path, ".."))).toEqual(["pulumi", "pulumi-resource-pulumi-nodejs"]);
    expect(statSync(made.path).ino).toBe(statSync(path).ino);
    expect(statSync(join(made.path, "../pulumi-resource-pulumi-nodejs")).mode & 0o111).toBe(0o111);
    expect(readdirSync(join(base, "alone/bin"))).toEqual(["other-program", "pulumi"]);
  });

  it("is made again when the CLI is replaced", async () => {
    const path = file("alone/bin/pulumi");
    await makeEngineFolder({ ...where(), path });
    writeFileSync(path, "a newer program");
    expect(runnableEngine({ ...where(), path, uid: 1000 }).ready).toBe(false);
  });

  it("is forgotten when its clone is gone", async () => {
    const path = file("alone/bin/pulumi");
    await makeEngineFolder({ ...where(), path });
    const first = cloneFolder(join(base, "cache"), join(base, "clone"));
    file("second/node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs");
    rmSync(join(base, "clone"), { recursive: true });
    await makeEngineFolder({ ...where(), root: join(base, "second"), path });
    expect(existsSync(first)).toBe(false);
  });

  it("is made for root when others could not reach the CLI", () => {
    const path = file("closed/bin/pulumi");
    file("closed/bin/pulumi-language-nodejs");
    chmodSync(join(base, "closed"), 0o700);
    expect(reachableByAll(path)).toBe(false);
    expect(runnableEngine({ ...where(), path, uid: 0 }).ready).toBe(false);
    expect(runnableEngine({ ...where(), path, uid: 1000 }).ready).toBe(true);
  });
});
