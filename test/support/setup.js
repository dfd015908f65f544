import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** One folder per run; what needs PostgreSQL starts it there (test/support/database.ts). */
export default async function setup() {
  const folder = await mkdtemp(path.join(tmpdir(), "roost-test-"));
  await chmod(folder, 0o711);
  process.env.ROOST_TEST_RUN = folder;
}
