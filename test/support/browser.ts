import { type Browser, chromium, type Page } from "playwright-core";
import { programPath } from "../../toolchain/suites/possible.mjs";

/** A page of a headless Chromium, and what went wrong in it: refused by its policy, thrown, logged as an error. */
export interface Tab {
  page: Page;
  faults: string[];
  close(): Promise<void>;
}

/** @throws when the machine has no Chromium; ask `reasonToSkip("chromium")` before. */
export async function openTab(): Promise<Tab> {
  const browser: Browser = await chromium.launch({
    executablePath: programPath("chromium"),
    // Chromium's own sandbox refuses to run as root; the pages are our own. The rest keeps it off the network.
    args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
  });
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  return { page, faults, close: () => browser.close() };
}
