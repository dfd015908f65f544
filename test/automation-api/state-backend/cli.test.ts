import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { expectSuccess } from "../../support/engine.ts";
import { withNoopProject } from "./noop-project.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

const env = () => ({ PULUMI_BACKEND_URL: server.url, PULUMI_ACCESS_TOKEN: server.adminToken });

describe("the unmodified pulumi command", () => {
  it("deploys, shows, changes and destroys a stack", async () => {
    await withNoopProject({ env: env() }, async (project) => {
      await project.declare([{ name: "a" }, { name: "b", dependsOn: ["a"] }]);
      const up = await expectSuccess(project.pulumi(["up", "--yes", "--skip-preview"]));
      console.log(up.output);
      const no = await expectSuccess(project.pulumi(["up", "--yes"]));
      console.log(no.output);
      console.log(JSON.stringify(await project.exported(), null, 1).slice(0, 3000));
      console.log((await expectSuccess(project.pulumi(["destroy", "--yes"]))).output);
      console.log((await expectSuccess(project.pulumi(["stack", "history", "--json"]))).output);
      console.log((await expectSuccess(project.pulumi(["stack", "rm", "--yes"]))).output);
      const rows = await server.database.db.selectFrom("event").selectAll().execute();
      console.log(
        JSON.stringify(rows.filter((r) => JSON.stringify(r.data).includes("ummary"))).slice(0, 3000),
        rows.map((r) => r.kind + Object.keys(r.data)).join(" "),
        JSON.stringify(await server.database.db.selectFrom("stack_update").selectAll().execute()).slice(
          0,
          1500,
        ),
      );
      console.log(server.log.filter((l) => /"level":(40|50)/.test(l)).join("\n"));
    });
  }, 120_000);
});
