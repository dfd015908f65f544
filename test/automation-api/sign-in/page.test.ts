import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { openTab, type Tab } from "../../support/browser.ts";
import { type SignInLab, startSignInLab } from "./sign-in-lab.ts";

const suite = reasonToSkip("chromium") ? describe.skip : describe;
jest.setTimeout(120_000);

suite("in a browser", () => {
  let lab: SignInLab;
  let tab: Tab;
  beforeAll(async () => {
    [lab, tab] = await Promise.all([startSignInLab(), openTab()]);
    lab.issuer.people.set("ada", { sub: "ada", preferred_username: "ada", roles: ["roost-viewer"] });
    lab.issuer.visitor = "ada";
  });
  afterAll(async () => {
    await tab.close();
    await lab.close();
  });

  it("the first page leads to the issuer and back, and says who is signed in", async () => {
    const { page } = tab;
    await page.goto(lab.server.url);
    await page.getByRole("link", { name: /^Sign in at 127\.0\.0\.1/ }).click();
    const button = page.getByRole("button", { name: "Sign out" });
    await button.waitFor();
    expect(await page.locator("#sign-in").textContent()).toContain("Signed in as ada.");
    const [cookie] = (await page.context().cookies(lab.server.url)).filter(
      ({ name }) => name === "roost_sign_in",
    );
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", domain: "127.0.0.1" });
    expect(tab.faults).toEqual([]);
  });
});
