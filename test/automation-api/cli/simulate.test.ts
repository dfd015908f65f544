import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { projectFolder } from "../../support/database.ts";
import { reasonWithoutEngine } from "../../support/engine.ts";
import { roost, temporaryFolder } from "./terminal.ts";

jest.setTimeout(60_000);

const withEngine = reasonWithoutEngine() === undefined ? describe : describe.skip;
const example = path.join(projectFolder, "stacks/azure-site/examples/dev.yaml");
const simulated = ["preview", "azure-site/dev", "--simulate", "--stack-file", example];

withEngine("roost preview --simulate", () => {
  it("shows what the engine would make, without a server, and says what it does not check", async () => {
    const { code, stdout, stderr } = await roost([...simulated, "--config", "domain=shop.dev.example.com"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/Simulated[\s\S]*Not checked/)]);
    expect(stdout).toContain("azure-native:storage:StorageAccount site-files-account create");
    expect(stdout).toMatch(/\+ url\s+: "https:\/\/shop\.dev\.example\.com"/);
    expect(stdout).toMatch(/\+ \d+ to create/);
    expect(stdout).not.toContain("warning");
  });

  it("prints the engine's events as JSON lines", async () => {
    const { code, jsonLines } = await roost([...simulated, "--json"]);
    const events = jsonLines() as { data: { summaryEvent?: object } }[];
    const summaries = events.flatMap(({ data }) => data.summaryEvent ?? []);
    expect([code, summaries]).toEqual([0, [expect.objectContaining({ isPreview: true })]]);
  });

  it("names all faults of a configuration at once, before anything runs", async () => {
    const { code, stdout, stderr } = await roost([
      ...simulated,
      "--config",
      "location=-",
      "--config",
      "domain=-",
    ]);
    expect([code, stdout]).toEqual([2, ""]);
    for (const field of ["location", "domain"]) expect(stderr).toContain(`  ${field}: must be `);
  });

  it.each([
    [["--url", "http://127.0.0.1:1"], "cannot be used with option '--url"],
    [["--folder", "x"], "cannot be used with option '--folder"],
    [["--stack-file", "/nonexistent/x.yaml"], "cannot be read (ENOENT)"],
    [["--program", "hello"], "is for the program azure-site, not hello"],
  ])("ends with %j with exit code 2", async (flags, message) => {
    const { code, stdout, stderr } = await roost([...simulated, ...flags]);
    expect([code, `${stdout}${stderr}`]).toEqual([2, expect.stringContaining(message)]);
  });

  it("refuses a broken stack file", async () => {
    const file = path.join(await temporaryFolder(), "Pulumi.dev.yaml");
    await writeFile(file, "- a");
    const { code, stderr } = await roost(["preview", "hello/dev", "--simulate", "--stack-file", file]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('The stack file has no map "config"')]);
  });
});
