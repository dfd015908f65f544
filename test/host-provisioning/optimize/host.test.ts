import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  chooseProfile,
  draftTuning,
  readSurvey,
  surveyScript,
  tune,
  unmet,
} from "../../../host-provisioning/optimize/index.ts";
import { undoScript } from "../../../host-provisioning/undo/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { planDraft } from "../undo/planning.ts";
import { bareHost, containerHost, guestHost } from "./three-hosts.ts";

const mark = "0123456789abcdef";

(reasonWithoutTestHosts() ? describe.skip : describe)("tuning a host's network", () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.boot();
  }, 240_000);
  afterAll(() => host.close());

  const look = async () => {
    const survey = readSurvey(await host.do(surveyScript(mark)), mark);
    if (!survey) throw new Error("the survey is not whole");
    // The machine's own, which no host in a network namespace may set.
    const values = [...survey.values].filter(([path]) => !/\/core\/([rw]mem_max|default_qdisc)$/.test(path));
    return { ...survey, values: new Map(values) };
  };

  it("sets what is worse, keeps what is better, holds afterwards, and goes back to the letter", async () => {
    await host.do(
      "echo 4096 1000000 2000000 >/proc/sys/net/ipv4/tcp_rmem; echo 128 >/proc/sys/net/core/somaxconn",
    );
    const before = await look();
    // A guest's facts: in a container the kernel is not the host's own, and nothing would be set.
    const { plan } = tune("server_production", guestHost(), before, { areas: ["network"] });
    expect(plan.writes).toContainEqual({
      ...{
        path: "/proc/sys/net/ipv4/tcp_rmem",
        value: "4096 1000000 16777216",
        before: "4096 1000000 2000000",
      },
    });
    const { script } = await planDraft(host, draftTuning(plan));
    await host.do(script, ["apply"]);
    const after = await look();
    expect(unmet(plan.goals, after.values)).toEqual([]);
    expect(await host.do("cat /proc/sys/net/core/somaxconn")).toBe("2048\n");
    const again = tune("server_production", guestHost(), after, { areas: ["network"] }).plan;
    expect([again.writes, again.files]).toEqual([[], plan.files]);
    await host.do(undoScript("rst_1"), ["rollback"]);
    const restored = await look();
    expect([...restored.values].filter(([path, text]) => before.values.get(path) !== text)).toEqual([]);
    expect((await host.run("ls /etc/sysctl.d/60-roost.conf")).code).not.toBe(0);
  }, 60_000);

  it("leaves alone what a later file of the admin sets", async () => {
    const mine = "/etc/sysctl.d/99-mine.conf";
    await host.do(`echo 'net.core.somaxconn = 512' >${mine}; echo 512 >/proc/sys/net/core/somaxconn`);
    const { plan } = tune("server_production", guestHost(), await look(), { areas: ["network"] });
    expect(plan.kept).toEqual([{ path: "/proc/sys/net/core/somaxconn", value: "512", by: mine }]);
    const { script } = await planDraft(host, draftTuning(plan), { id: "later" });
    await host.do(script, ["apply"]);
    expect(await host.do("cat /proc/sys/net/core/somaxconn")).toBe("512\n");
    expect(await host.do("grep -c somaxconn /etc/sysctl.d/60-roost.conf || :")).toBe("0\n");
    await host.do(undoScript("later"), ["rollback"]);
    expect(await host.do(`cat ${mine}`)).toBe("net.core.somaxconn = 512\n");
  }, 60_000);
});

it("the profile is chosen by battery and screen", () => {
  expect(chooseProfile(guestHost()).profile).toBe("server_production");
  expect(chooseProfile(containerHost()).profile).toBe("server_production");
  const facts = bareHost();
  const laptop = {
    ...facts,
    hardware: { ...facts.hardware, power: { BAT0: { POWER_SUPPLY_TYPE: "Battery" } } },
  };
  expect(chooseProfile(laptop).profile).toBe("laptop_battery");
  const mouse = { POWER_SUPPLY_TYPE: "Battery", POWER_SUPPLY_SCOPE: "Device" };
  const withMouse = { ...facts, hardware: { ...facts.hardware, power: { mouse } } };
  expect(chooseProfile(withMouse).profile).toBe("server_production");
});
