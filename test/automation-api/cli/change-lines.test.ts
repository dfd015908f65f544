import { expect, it } from "@jest/globals";
import { changeLines } from "../../../automation-api/cli/change-lines.ts";
import type { PathChange } from "../../../automation-api/host-actions/contract.ts";

const change = (kind: string, path: string, bytes = 0, type = "f") =>
  ({ kind, type, path, bytes }) as PathChange;

it("says what goes, the largest first and folders as one, then what is made otherwise", () => {
  const changes = [
    change("touched", "/srv", 0, "d"),
    change("changed", "/etc/passwd", 900),
    change("removed", "/srv/small", 10),
    change("removed", "/srv/site/page", 1_500),
    change("removed", "/srv/site", 0, "d"),
    change("removed", "/srv/site/deep", 0, "d"),
    change("removed", "/srv/site/deep/\u001bfile", 1_000),
    change("removed", "/srv/sites", 20),
    change("created", "/etc/new", 0, "d"),
    change("removed", "/srv/zero"),
  ];
  expect(changeLines(changes)).toBe(
    [
      ...["- /srv/site/  4 paths, 2.5 kB", "- /srv/sites  20 B", "- /srv/small  10 B", "- /srv/zero"],
      ...["+ /etc/new", "~ /etc/passwd  900 B", ""],
    ].join("\n"),
  );
});

it("counts what is too much to be read, and hides nothing else behind it", () => {
  const many = Array.from({ length: 42 }, (_, at) => change("removed", `/srv/${at}`, 100 - at));
  const lines = changeLines([...many, change("changed", "/etc/passwd")]).split("\n");
  expect(lines.slice(39)).toEqual([
    ...["- /srv/39  61 B", "… and 2 more paths, 119 B; all of them with --json", "~ /etc/passwd", ""],
  ]);
});
