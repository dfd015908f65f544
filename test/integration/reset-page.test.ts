import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { openTab, type Tab } from "../support/browser.ts";
import { HostLab } from "../support/host-lab.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible =
  !reasonToSkip("engine", "postgres", "ssh", "sshd", "chromium") && !reasonWithoutTestHosts();

(isPossible ? describe : describe.skip)("the page for resets", () => {
  let lab: HostLab;
  let tab: Tab;
  let host: TestHost;

  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("tmux");
    await host.do(
      "mkdir /etc/own; echo setting >/etc/own/setting; echo package >/var/cache/apt/archives/old.deb; echo package >/var/cache/apt/archives/kept.deb",
    );
    [lab, tab] = await Promise.all([HostLab.open(), openTab()]);
    await lab.add("one", host);
  });

  afterAll(async () => {
    await tab?.close();
    await lab?.close();
  });

  it("shows what goes, lets a path stay and a package go, carries that out and takes it back", async () => {
    const { page } = tab;
    const before = await host.state();
    await page.goto(`${lab.cluster.url}/ui`);
    await page.getByLabel("Token").fill(await lab.cluster.token());
    await page.getByRole("button", { name: "Show hosts" }).click();
    await page.getByRole("radio", { name: /^ ?light/ }).check();
    await page.getByRole("button", { name: "Preview", exact: true }).click();
    const execute = page.getByRole("button", { name: "Carry it out" });
    await execute.waitFor();

    const closed = page.locator("#paths details:not([open])");
    while ((await closed.count()) > 0) await closed.first().locator("summary").click();
    await page.getByRole("checkbox", { name: "/var/cache/apt/archives/kept.deb" }).uncheck();
    await page.getByText(/^stay: user/).click();
    await page.getByRole("checkbox", { name: /^ ?tmux/ }).check();
    expect(await execute.isDisabled()).toBe(true);
    await page.getByLabel("Another path").fill("/etc/own");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText(/^go \([1-9]/).waitFor();
    expect(differences(before, await host.state())).toEqual([]);

    await page.getByRole("button", { name: "Preview again" }).click();
    await page.getByText(/^go \([1-9]/).waitFor();
    const kept = page.getByRole("checkbox", { name: "/var/cache/apt/archives/kept.deb" });
    expect(await kept.isChecked()).toBe(false);
    await execute.click();
    // Settings go, so a login of its own has to confirm it.
    await page.getByRole("cell", { name: /^(applying: (step 1 of|executing|\w+)|confirming)/ }).waitFor();
    await page.getByRole("cell", { name: "applied" }).waitFor({ timeout: 120_000 });
    const back = page.getByRole("button", { name: "Take it back" });
    await back.waitFor({ timeout: 120_000 });
    const gone = differences(before, await host.state()).flatMap(
      (line) => /^- \.(\/\S+) regular/.exec(line)?.[1] ?? [],
    );
    expect(gone).toEqual(
      expect.arrayContaining(["/usr/bin/tmux", "/var/cache/apt/archives/old.deb", "/etc/own/setting"]),
    );
    expect(gone).not.toContain("/var/cache/apt/archives/kept.deb");

    await back.click();
    await page.getByRole("cell", { name: "undone" }).waitFor({ timeout: 120_000 });
    expect(differences(before, await host.state())).toEqual([]);
    const { items } = await lab.client.call<{ items: HostAction[] }>("GET", "/api/v1/host-actions?host=one");
    expect(items.map(({ state }) => state)).toEqual(["undone", "planned", "planned"]);
    expect(tab.faults).toEqual([]);
  });
});
