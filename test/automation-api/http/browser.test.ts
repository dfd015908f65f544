import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { openTab, type Tab } from "../../support/browser.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";

const suite = reasonToSkip("chromium") ? describe.skip : describe;
jest.setTimeout(120_000);

suite("in a browser", () => {
  let server: DeploymentServer;
  let tab: Tab;
  beforeAll(async () => {
    [server, tab] = await Promise.all([startDeploymentServer(), openTab()]);
  });
  afterAll(async () => {
    await tab.close();
    await server.close();
  });

  it("the first page says what this is and leads to the documentation", async () => {
    await tab.page.goto(server.url);
    expect(await tab.page.locator("h1").textContent()).toMatch(/Roost/);
    await tab.page.getByRole("link", { name: /API documentation/i }).click();
    await tab.page.waitForURL(/\/docs$/);
    expect(tab.faults).toEqual([]);
  });

  it("the documentation shows every operation under its strict policy, and calls one with a token", async () => {
    const { page } = tab;
    await page.goto(`${server.url}/docs`);
    const { body } = await server.call("GET", "/openapi.json", { token: null });
    const operations = Object.values(body.paths).flatMap((methods) => Object.keys(methods as object));
    await expect(
      page
        .locator(".opblock")
        .nth(operations.length - 1)
        .waitFor(),
    ).resolves.toBeUndefined();
    expect(await page.locator(".opblock").count()).toBe(operations.length);

    await page.locator(".auth-wrapper .authorize").click();
    await page.locator(".modal-ux input").fill(server.adminToken);
    await page.locator(".modal-ux button.authorize").click();
    await page.locator(".modal-ux .btn-done").click();
    const block = page.locator(".opblock", { has: page.locator('[data-path="/api/v1/projects"]') }).first();
    await block.locator(".opblock-summary-control").click();
    await block.getByRole("button", { name: "Try it out" }).click();
    await block.getByRole("button", { name: "Execute" }).click();
    const status = block.locator(".live-responses-table tbody .response-col_status");
    await expect(status.first().textContent()).resolves.toMatch(/^200/);
    expect(tab.faults).toEqual([]);
  });
});
