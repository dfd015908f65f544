import { describe, expect, it } from "@jest/globals";
import { Choice, treeOf } from "../../../../automation-api/http/pages/choice.mjs";

const change = (path: string, bytes = 0, kind = "removed") => ({ kind, type: "regular", path, bytes });

describe("the tree of a preview", () => {
  it("sums up folders, says those with one thing in them in one line, and has the largest first", () => {
    const tree = treeOf([
      change("/var/cache/apt/archives/a.deb", 100),
      change("/var/cache/apt/archives/b.deb", 300),
      change("/var/cache/apt", 0, "touched"),
      change("/etc/motd", 7, "changed"),
    ]);
    expect(tree.map(({ name, bytes, kind }) => [name, bytes, kind])).toEqual([
      ["/var/cache/apt/archives", 400, null],
      ["/etc/motd", 0, "changed"],
    ]);
    expect(tree[0]?.children.map(({ name }) => name)).toEqual(["b.deb", "a.deb"]);
    expect(tree[0]?.leaves).toEqual(["/var/cache/apt/archives/b.deb", "/var/cache/apt/archives/a.deb"]);
  });

  it("counts a folder that goes with all in it by what is in it, and an empty one by itself", () => {
    const [full, empty] = treeOf([change("/srv/full"), change("/srv/full/one", 5), change("/srv/empty")])[0]!
      .children;
    expect(full).toMatchObject({ kind: "removed", bytes: 5, leaves: ["/srv/full/one"] });
    expect(empty).toMatchObject({ kind: "removed", leaves: ["/srv/empty"] });
  });

  it.each([[[]], [[change("/one")]]])("is small for %j", (changes) => {
    expect(treeOf(changes).map(({ name, path }) => [name, path])).toEqual(
      changes.map(({ path }) => [path, path]),
    );
  });
});

describe("a choice", () => {
  const [folder] = treeOf([change("/srv/a", 1), change("/srv/b", 2)]) as [ReturnType<typeof treeOf>[number]];

  it("of the profile is no more than the profile", () => {
    expect(new Choice().request("web", "light")).toEqual({
      ...{ host: "web", profile: "light" },
      packages: { include: [], exclude: [] },
      paths: { include: [], exclude: [] },
    });
  });

  it("lets what is unticked stay, and go again", () => {
    const choice = new Choice();
    expect(choice.stateOf(folder)).toBe("all");
    choice.set("paths", ["/srv/a"], false);
    expect(choice.stateOf(folder)).toBe("some");
    choice.set("paths", ["/srv/b"], false);
    expect(choice.stateOf(folder)).toBe("none");
    choice.set("paths", folder.leaves, true);
    expect(choice.stateOf(folder)).toBe("all");
    expect(choice.request("web", "light").paths).toEqual({ include: [], exclude: [] });
  });

  it("asks for what the profile leaves, until that is unticked", () => {
    const choice = new Choice();
    choice.set("packages", ["nginx"], true);
    expect(choice.request("web", "light").packages).toEqual({ include: ["nginx"], exclude: [] });
    choice.set("packages", ["nginx"], false);
    expect(choice.request("web", "light").packages).toEqual({ include: [], exclude: ["nginx"] });
  });
});
