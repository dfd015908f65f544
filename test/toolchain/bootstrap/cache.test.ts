import { existsSync, mkdtempSync, readdirSync, utimesSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { cacheFolder, contentKey, publish, withLock } from "../../../toolchain/bootstrap/cache.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roost-cache-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("where the cache is", () => {
  it.each([
    ["a given folder", { ROOST_CACHE_DIR: "/given", XDG_CACHE_HOME: "/xdg" }, 0, "/given"],
    ["root: outside root's closed home", { XDG_CACHE_HOME: "/xdg" }, 0, "/var/cache/roost"],
    ["a user's XDG folder", { XDG_CACHE_HOME: "/xdg" }, 1000, "/xdg/roost"],
    ["a relative XDG folder is none", { XDG_CACHE_HOME: "xdg" }, 1000, "/home/u/.cache/roost"],
    ["a user's home", {}, 1000, "/home/u/.cache/roost"],
  ])("%s", (_, env, uid, expected) => {
    expect(cacheFolder(env, uid, "/home/u")).toBe(expected);
  });
});

describe("the key of content", () => {
  it("is the same for the same parts, and different when text moves from one part to the next", () => {
    expect(contentKey(["ab", "c"])).toBe(contentKey([Buffer.from("ab"), "c"]));
    expect(contentKey(["ab", "c"])).not.toBe(contentKey(["a", "bc"]));
    expect(contentKey(["a"])).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("publishing an entry", () => {
  it("keeps the entry of whoever was first and leaves no staging folder", async () => {
    for (const name of ["first", "second"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, name), "");
      await publish(join(folder, name), join(folder, "entries/entry"));
    }
    expect(readdirSync(join(folder, "entries/entry"))).toEqual(["first"]);
    expect(existsSync(join(folder, "second"))).toBe(false);
  });
});

describe("the lock", () => {
  it("lets one in at a time and tells the other that it waits", async () => {
    const path = join(folder, "lock");
    const events: string[] = [];
    let release = () => {};
    const entered = new Promise<void>((started) => {
      const held = new Promise<void>((done) => {
        release = done;
      });
      const work = async () => {
        events.push("first in");
        started();
        await held;
        events.push("first out");
      };
      void withLock(path, { work });
    });
    await entered;
    const second = withLock(path, {
      onWait: () => {
        events.push("second waits");
        release();
      },
      work: async () => events.push("second in"),
    });
    await second;
    expect(events).toEqual(["first in", "second waits", "first out", "second in"]);
    expect(existsSync(path)).toBe(false);
  });

  it("is taken over from a holder that was killed: no heartbeat for 20 s", async () => {
    const path = join(folder, "lock");
    await mkdir(path);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(path, longAgo, longAgo);
    expect(await withLock(path, { work: async () => "in" })).toBe("in");
  });

  it("is given back when the work fails", async () => {
    const path = join(folder, "lock");
    const failing = withLock(path, {
      work: async () => {
        throw new Error("no");
      },
    });
    await expect(failing).rejects.toThrow("no");
    expect(existsSync(path)).toBe(false);
  });
});
