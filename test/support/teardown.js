import { rm } from "node:fs/promises";

export default async function teardown() {
  const folder = process.env.ROOST_TEST_RUN;
  if (!folder) return;
  const { stopEmbedded } = await import("../../automation-api/db/embedded.ts");
  await stopEmbedded(folder);
  await rm(folder, { recursive: true, force: true });
  delete process.env.ROOST_TEST_RUN;
}
