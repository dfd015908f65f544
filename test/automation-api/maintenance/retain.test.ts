import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { retain } from "../../../automation-api/maintenance/service.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";
import { makeTarGz } from "../programs/tarball.ts";

let server: DeploymentServer;
beforeAll(async () => {
  server = await startDeploymentServer();
});
afterAll(() => server.close());

const days = 90;
const run = () =>
  retain({
    db: server.database.db,
    state: server.state,
    settings: { ROOST_RETENTION_VERSIONS: 500, ROOST_RETENTION_DAYS: days },
  });

async function upload(name: string): Promise<string> {
  const bytes = makeTarGz([{ path: "Pulumi.yaml", content: `name: ${name}\nruntime: nodejs\n` }]);
  const reply = await fetch(`${server.url}/api/v1/programs`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.adminToken}`, "content-type": "application/gzip" },
    body: new Uint8Array(bytes),
  });
  expect(reply.status).toBe(201);
  return ((await reply.json()) as { id: string }).id;
}

async function kept(): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM program_archive`.execute(server.database.db);
  return new Set(rows.map(({ id }) => id));
}

/** As if everything so far had happened one day more than the retention ago. */
async function age(): Promise<void> {
  for (const table of ["program_archive", "deployment"])
    await sql`UPDATE ${sql.table(table)} SET created_at = created_at - make_interval(days => ${days + 1})`.execute(
      server.database.db,
    );
}

describe("retention of uploaded programs", () => {
  it("drops those that nothing named for long, and keeps what a stack would run next", async () => {
    const [unused, replaced, last] = [await upload("unused"), await upload("replaced"), await upload("last")];
    for (const archive of [replaced, last])
      expect((await server.deploy({ stack: "old", program: { archive } })).status).toBe(202);
    await age();
    const fresh = await upload("fresh");
    await run();
    const left = await kept();
    expect([unused, replaced].filter((id) => left.has(id))).toEqual([]);
    expect([last, fresh].filter((id) => !left.has(id))).toEqual([]);

    // Years later, without naming a program.
    const again = await server.deploy({ stack: "old", operation: "destroy", program: undefined });
    expect(again.status).toBe(202);
    expect((await server.call("GET", `/api/v1/deployments/${again.body.id}`)).body.program).toEqual({
      archive: last,
    });
  });

  it("keeps a program whose last use is recent, however old it is", async () => {
    const old = await upload("seldom");
    await age();
    for (const archive of [old, await upload("next")])
      expect((await server.deploy({ stack: "seldom", program: { archive } })).status).toBe(202);
    await run();
    expect(await kept()).toContain(old);
  });
});
