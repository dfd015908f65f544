import { describe, expect, it } from "@jest/globals";
import { configTemplates, draftConfig, pathsOf } from "../../../host-provisioning/config-templates/index.ts";
import type { Present } from "../../../host-provisioning/files/index.ts";
import { bareHost, guestHost } from "../optimize/three-hosts.ts";

const none: Present = { kind: "none" };
const file = (text: string): Present => ({ kind: "file", text });
const made = (name: string, parameters: object, facts = guestHost()) => {
  const template = configTemplates.find((each) => each.name === name);
  if (!template) throw new Error(`there is no ${name}`);
  return template.generate(facts, template.parameters.parse(parameters));
};
const drafted = (...given: Parameters<typeof draftConfig>) => {
  const found = draftConfig(...given);
  if ("faults" in found) throw new Error(found.faults.join("\n"));
  return found;
};

describe("putting a configuration in place", () => {
  it("writes, then judges, then lets it be taken up", () => {
    const nginx = made("nginx", {});
    const { draft, files } = drafted(nginx, new Map([["/etc/nginx/nginx.conf", file("old\n")]]));
    expect(draft.steps.map(([name]) => name)).toEqual(["write_file", "validate", "refresh_unit"]);
    expect(draft.steps[1]).toEqual(["validate", "nginx", "-t", "-q", "-c", "/etc/nginx/nginx.conf"]);
    expect(files[0]?.diff).toMatch(/^--- \/etc\/nginx\/nginx.conf\n\+\+\+ .*\n@@ .*\n-old\n\+/);
  });

  it("adds the line that includes a file once, and not to a package that is not there", () => {
    const redis = made("redis", {});
    const at = "/etc/redis/redis.conf";
    const present = (conf: Present) =>
      new Map(pathsOf(redis).map((path) => [path, path === at ? conf : none]));
    const text = (conf: string) =>
      drafted(redis, present(file(conf))).draft.steps.find(([, , name]) => name === "redis.conf")?.[4];
    expect(text("port 1")).toBe("port 1\ninclude /etc/redis/60-roost.conf\n");
    expect(text("include /etc/redis/60-roost.conf\nport 1\n")).toBe(
      "include /etc/redis/60-roost.conf\nport 1\n",
    );
    expect(draftConfig(redis, present(none))).toEqual({ faults: [expect.stringContaining("not installed")] });
  });

  it("sets values of the kernel that are otherwise, and judges all of them", () => {
    const set = { "vm.swappiness": 30, "fs.file-max": 2_000_000 };
    const sysctl = made("sysctl", { profile: "laptop_battery", set }, bareHost());
    const texts = new Map(
      pathsOf(sysctl).map((path) => [path, path.startsWith("/proc/") ? file("7\n") : none]),
    );
    texts.set("/proc/sys/fs/file-max", file("2000000\n"));
    const { draft } = drafted(sysctl, texts);
    const paths = (name: string) =>
      [...draft.steps, ...draft.goals].filter(([step]) => step === name).map(([, path]) => path);
    expect(paths("set_live")).toContain("/proc/sys/vm/swappiness");
    expect(paths("set_live")).not.toContain("/proc/sys/fs/file-max");
    expect(paths("goal_live")).toEqual(
      expect.arrayContaining(["/proc/sys/vm/swappiness", "/proc/sys/fs/file-max"]),
    );
    expect(draft.live.map(({ path }) => path)).toEqual(paths("set_live").toReversed());
    texts.set("/proc/sys/vm/swappiness", none);
    expect(draftConfig(sysctl, texts)).toEqual({ faults: ["the kernel has no /proc/sys/vm/swappiness"] });
  });

  it.each([
    ["link", "is a link"],
    ["other", "is no text file"],
  ] as const)("leaves a %s alone", (kind, reason) => {
    const found = draftConfig(made("nginx", {}), new Map([["/etc/nginx/nginx.conf", { kind }]]));
    expect(found).toEqual({ faults: [expect.stringContaining(reason)] });
  });
});
