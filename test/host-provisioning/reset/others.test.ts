import { describe, expect, it } from "@jest/globals";
import { type Facts, quickScript, readFacts } from "../../../host-provisioning/facts/index.ts";
import { planReset, readSurvey, type Survey, surveyScript } from "../../../host-provisioning/reset/index.ts";
import { readOther } from "../../../host-provisioning/reset/others.ts";
import { reasonWithoutTestHosts } from "../../support/test-host.ts";
import { livedIn } from "./lived-in.ts";

const mark = "0123456789abcdef";

it.each([
  ["/var/lib/snapd/snaps/gtk-common-themes_1535.snap", "snap gtk-common-themes 1535 null"],
  ["/var/lib/flatpak/app/org.gimp.GIMP", "flatpak org.gimp.GIMP null user-package"],
  ["/home/ann/.local/share/pipx/venvs/black", "pipx black null user-package"],
  ["/opt/pipx/venvs/black", "pipx black null data"],
  [
    "/root/.local/lib/python3.11/site-packages/ruamel.yaml-0.18.6.dist-info",
    "pip ruamel.yaml 0.18.6 user-package",
  ],
  ["/usr/local/lib/python3.11/dist-packages/httpie-3.2.1.dist-info", "pip httpie 3.2.1 data"],
  ["/home/ann/.npm-global/lib/node_modules/@vue/cli", "npm @vue/cli null user-package"],
  ["/usr/local/lib/node_modules/pm2", "npm pm2 null data"],
])("%s is %s", (path, expected) => {
  const [found] = readOther(path);
  expect(`${found?.manager} ${found?.name} ${found?.version} ${found?.class}`).toBe(expected);
});

it("other paths are nobody's package", () => {
  expect(["/opt/tool", "/var/lib/snapd/snaps/partial", "/root/.local/bin/x"].flatMap(readOther)).toEqual([]);
});

(reasonWithoutTestHosts() ? describe.skip : describe)("packages of other managers on a host", () => {
  it("go with what is theirs alone, and snaps stay with the reason", async () => {
    const host = await livedIn(1, ["tmux"]);
    try {
      const facts = readFacts(await host.do(quickScript(mark)), mark) as Facts;
      const survey = readSurvey((await host.run(surveyScript(mark))).stdout, mark) as Survey;
      const none = { include: [], exclude: [] };
      const plan = (profile: "light" | "medium", exclude: string[] = []) =>
        planReset(facts, survey, { profile, packages: none, paths: { include: [], exclude } });
      const told = plan("medium").others.map(({ manager, name }) => `${manager} ${name}`);
      expect(told.sort()).toEqual(["flatpak org.gimp.GIMP", "npm @vue/cli", "pip httpie", "pipx black"]);
      const own = plan("medium").work.deletes.filter((path) => path.startsWith("/home/ann/.local/bin"));
      expect(own).toEqual(["/home/ann/.local/bin/black", "/home/ann/.local/bin/http"]);
      expect(plan("medium").kept).toContainEqual({
        name: "snap core",
        reason: expect.stringContaining("snap remove"),
      });
      expect(plan("light")).toMatchObject({ others: [], kept: [] });
      const kept = plan("medium", ["/home/ann/.local"]);
      expect(kept.others.map(({ manager }) => manager).sort()).toEqual(["flatpak", "npm"]);
      expect(kept.work.deletes.filter((path) => path.startsWith("/home/ann/.local"))).toEqual([]);
    } finally {
      await host.close();
    }
  }, 120_000);

  it("paths that somebody chose are told with all in them, whatever their names are, and links are not followed", async () => {
    const host = await livedIn(1, ["tmux"]);
    try {
      const name = "/var/lib/it's $(touch /ran)";
      const make = 'mkdir -p "$1/in"; : >"$1/in/a\nb"; ln -s "$1" /srv/link';
      await host.do(make, [name]);
      const wanted = [name, "/srv/link/in", "/var/lib/nothing", "/etc/skel", "/etc/ssh"];
      const survey = readSurvey((await host.run(surveyScript(mark, wanted))).stdout, mark) as Survey;
      const found = survey.files.filter((file) => file.class === "wanted" && !file.path.startsWith("/etc/"));
      expect(found.map(({ type, path }) => `${type} ${path}`)).toEqual([
        ...[`d ${name}`, `d ${name}/in`, `f ${name}/in/a\nb`],
      ]);
      expect(survey.owners["/etc/skel/.bashrc"]).toEqual(["bash"]);
      expect((await host.run("ls /ran")).code).not.toBe(0);
    } finally {
      await host.close();
    }
  }, 120_000);
});
