import { expect, it } from "@jest/globals";
import { type FolderView, planMounts } from "../../../../automation-api/engine/launcher-mounts.ts";

/** A file system in which these folders are closed, or can be passed through but not listed. */
function viewOf(
  closed: string[],
  unlisted: string[] = [],
  children: Record<string, string[]> = {},
): FolderView {
  return {
    canEnter: (folder) => !closed.includes(folder),
    canList: (folder) => !closed.includes(folder) && !unlisted.includes(folder),
    children: (folder) => children[folder] ?? [],
  };
}

const cases: [string, string[], FolderView, string[]][] = [
  ["nothing, when all is open", ["/srv/clone", "/usr/bin"], viewOf([]), []],
  ["a clone in a closed home", ["/root/clone"], viewOf(["/root"]), ["cover /root", "bind /root/clone"]],
  [
    "clone, engine and Node in one closed home, each cover before what lies in it",
    ["/root/a/clone", "/root/.cache/engine/bin", "/opt/node"],
    viewOf(["/root", "/root/.cache"]),
    ["cover /root", "cover /root/.cache", "bind /root/a/clone", "bind /root/.cache/engine/bin"],
  ],
  [
    "a clone that is closed itself: all that lies in it",
    ["/tmp/clone"],
    viewOf(["/tmp/clone"], [], { "/tmp/clone": ["node_modules", "package.json"] }),
    ["cover /tmp/clone", "bind /tmp/clone/node_modules", "bind /tmp/clone/package.json"],
  ],
  [
    "a folder that can be entered but not listed",
    ["/srv/clone"],
    viewOf([], ["/srv/clone"], { "/srv/clone": ["a"] }),
    ["cover /srv/clone", "bind /srv/clone/a"],
  ],
  [
    "a closed folder deep inside a clone that is put back whole",
    ["/root/clone", "/root/clone/private/engine"],
    viewOf(["/root", "/root/clone/private"]),
    ["cover /root", "bind /root/clone", "cover /root/clone/private", "bind /root/clone/private/engine"],
  ],
  [
    "one thing only once",
    ["/root/clone", "/root/clone/node_modules/node", "/root/clone"],
    viewOf(["/root"]),
    ["cover /root", "bind /root/clone"],
  ],
];

it.each(cases)("plans for %s", (_what, needed, view, expected) => {
  expect(planMounts(needed, view).map(({ verb, path }) => `${verb} ${path}`)).toEqual(expected);
});
