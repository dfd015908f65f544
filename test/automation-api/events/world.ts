import { newId } from "../../../automation-api/db/id.ts";
import type { Db } from "../../../automation-api/db/transaction.ts";
import { openStream } from "../../../automation-api/events/service.ts";

/** An organization with one project and one stack, and event streams on it. */
export async function makeStack(
  db: Db,
): Promise<{ organizationId: string; projectId: string; stackId: string }> {
  const owner = { organizationId: newId("org"), projectId: newId("prj"), stackId: newId("stk") };
  await db
    .insertInto("organization")
    .values({ id: owner.organizationId, name: owner.organizationId })
    .execute();
  await db
    .insertInto("project")
    .values({ id: owner.projectId, organization_id: owner.organizationId, name: "web" })
    .execute();
  await db
    .insertInto("stack")
    .values({ id: owner.stackId, project_id: owner.projectId, name: "dev" })
    .execute();
  return owner;
}

export async function makeStream(db: Db, owner: Awaited<ReturnType<typeof makeStack>>): Promise<string> {
  const id = newId("dep");
  await db.transaction().execute((tx) => openStream(tx, { id, ...owner }));
  return id;
}
