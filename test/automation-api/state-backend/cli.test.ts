import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { sql } from "kysely";
import { expectSuccess, reasonWithoutEngine } from "../../support/engine.ts";
import { type NoopProject, withNoopProject } from "./noop-project.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

const suite = reasonWithoutEngine() ? describe.skip : describe;
jest.setTimeout(300_000);

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

const env = () => ({ PULUMI_BACKEND_URL: server.url, PULUMI_ACCESS_TOKEN: server.adminToken });
const run = async (project: NoopProject, ...args: string[]) =>
  (await expectSuccess(project.pulumi(args))).stdout;
const up = (project: NoopProject) => run(project, "up", "--yes", "--skip-preview");

/** Everything that the database holds, as text. */
async function wholeDatabase(): Promise<string> {
  const { db } = server.database;
  const tables = await sql<{
    name: string;
  }>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`.execute(db);
  const texts = await Promise.all(
    tables.rows.map(async ({ name }) => {
      const { rows } = await sql<{
        text: string;
      }>`SELECT row_to_json(t)::text AS text FROM ${sql.table(name)} t`.execute(db);
      return rows.map(({ text }) => text).join("\n");
    }),
  );
  return texts.join("\n");
}

async function wholeStates(): Promise<string> {
  const { decodeContent } = await import("../../../automation-api/state-backend/content.ts");
  const rows = await server.database.db.selectFrom("checkpoint_content").select("bytes").execute();
  return JSON.stringify(await Promise.all(rows.map(({ bytes }) => decodeContent(bytes))));
}

suite("the unmodified pulumi command", () => {
  it("logs in, and does with a stack all that it does elsewhere", async () => {
    await withNoopProject({ env: env() }, async (project) => {
      await expectSuccess(project.pulumi(["login", server.url], { PULUMI_BACKEND_URL: "" }));
      expect(await run(project, "whoami")).toBe("admin\n");
      await run(project, "stack", "init", "test");
      expect(JSON.parse(await run(project, "stack", "ls", "--json"))).toMatchObject([
        { name: "dev", current: false },
        { name: "test", current: true },
      ]);
      await run(project, "stack", "rm", "test", "--yes");
      await run(project, "stack", "select", "dev");

      await run(project, "config", "set", "greeting", "hello");
      await run(project, "config", "set", "--secret", "password", "canary-config-5f1e");
      expect(await run(project, "config", "get", "password")).toBe("canary-config-5f1e\n");
      const items = [
        { name: "a" },
        { name: "b", secret: "canary-input-91c3", dependsOn: ["a"] },
        { name: "g", component: true },
      ];
      await project.declare({
        items: [...items, { name: "c", parent: "g" }],
        outputs: ["greeting", "password"],
      });

      expect(await run(project, "preview")).toContain("+ 5 to create");
      expect(JSON.parse(await run(project, "stack", "history", "--json"))).toEqual([]);
      expect(await up(project)).toContain("+ 5 created");
      expect(await up(project)).toContain("5 unchanged");
      expect(await run(project, "refresh", "--yes")).toContain("unchanged");
      expect(JSON.parse(await run(project, "stack", "output", "--json"))).toEqual({
        count: 4,
        greeting: "[secret]",
        password: "[secret]",
      });
      expect(JSON.parse(await run(project, "stack", "output", "--json", "--show-secrets"))).toMatchObject({
        password: "canary-config-5f1e",
      });

      await run(project, "stack", "tag", "set", "owner", "me");
      expect(await run(project, "stack", "tag", "get", "owner")).toBe("me\n");
      await run(project, "stack", "tag", "rm", "owner");
      expect(await run(project, "stack", "tag", "ls")).not.toContain("owner");

      const exported = path.join(project.root, "state.json");
      await run(project, "stack", "export", "--file", exported);
      await run(project, "stack", "import", "--file", exported);
      expect(await up(project)).toContain("5 unchanged");
      const first = JSON.parse(await run(project, "stack", "export", "--version", "1"));
      expect(first.deployment.manifest.version).toBe("v3.259.0");
      expect(first.deployment.resources).toHaveLength(6);

      const history = JSON.parse(await run(project, "stack", "history", "--json"));
      expect(
        history.map(({ kind, version, result }: Record<string, unknown>) => [version, kind, result]),
      ).toEqual([
        [5, "update", "succeeded"],
        [4, "import", "succeeded"],
        [3, "refresh", "succeeded"],
        [2, "update", "succeeded"],
        [1, "update", "succeeded"],
      ]);
      expect(history.at(-1).resourceChanges).toEqual({ create: 5 });

      for (const place of [await wholeDatabase(), await wholeStates(), server.log.join("")]) {
        expect(place).not.toMatch(/canary-/);
        expect(place).not.toContain(Buffer.from("canary-config-5f1e").toString("base64"));
      }

      const refused = await project.pulumi(["stack", "rm", "--yes"]);
      expect(refused.output).toContain("still has resources");
      expect(await run(project, "destroy", "--yes", "--skip-preview")).toContain("- 5 deleted");
      expect((await project.exported()).deployment.resources ?? []).toEqual([]);
      await run(project, "stack", "rm", "--yes");
      expect(JSON.parse(await run(project, "stack", "ls", "--json"))).toEqual([]);
    });
  });

  it("finds secrets and resources unchanged after a rename", async () => {
    await withNoopProject({ env: env(), stack: "before" }, async (project) => {
      await run(project, "config", "set", "--secret", "password", "kept");
      await project.declare({ items: [{ name: "a", secret: "hush" }], outputs: ["password"] });
      await up(project);
      await run(project, "stack", "rename", "after");
      expect(await run(project, "config", "get", "password")).toBe("kept\n");
      expect(await run(project, "stack", "output", "password", "--show-secrets")).toBe("kept\n");
      expect(await up(project)).toContain("2 unchanged");
    });
  });

  it("reads another stack's outputs by reference", async () => {
    await withNoopProject({ env: env(), stack: "giver" }, async (project) => {
      await run(project, "config", "set", "greeting", "from afar");
      await project.declare({ items: [], outputs: ["greeting"] });
      await up(project);
      await run(project, "stack", "init", "taker");
      await project.declare({ items: [], reference: "roost/example/giver" });
      await up(project);
      expect(await run(project, "stack", "output", "referenced", "--show-secrets")).toBe("from afar\n");
    });
  });

  it("is refused on a busy stack and told who is at work; cancel frees the stack and fences the first", async () => {
    await withNoopProject({ env: env(), stack: "busy" }, async (project) => {
      await project.declare([{ name: "slow", delayMilliseconds: 60_000 }]);
      const first = project.start(["up", "--yes", "--skip-preview"]);
      await first.printed("slow creating");
      const second = await project.pulumi(["up", "--yes", "--skip-preview"]);
      expect(second.code).toBe(1);
      expect(second.output).toContain("admin runs the update");
      await run(project, "cancel", "--yes");
      await project.declare([{ name: "other" }]);
      expect(await up(project)).toContain("created");
      first.kill("SIGKILL");
      await first.done;
      const { deployment } = await project.exported();
      expect(deployment.resources?.map(({ urn }) => String(urn).split("::").at(-1))).toEqual([
        "example-busy",
        "default",
        "other",
      ]);
      const history = JSON.parse(await run(project, "stack", "history", "--json"));
      expect(history.map(({ result }: { result: string }) => result)).toEqual(["succeeded", "failed"]);
    });
  });

  it("works with journaling disabled", async () => {
    await withNoopProject(
      { env: { ...env(), PULUMI_DISABLE_JOURNALING: "true" }, stack: "whole" },
      async (project) => {
        await project.declare([{ name: "a" }, { name: "b" }]);
        expect(await up(project)).toContain("+ 3 created");
        await project.declare([
          { name: "a", payload: 2 },
          { name: "c", secret: "hush" },
        ]);
        expect(await up(project)).toContain("1 updated");
        const { deployment } = await project.exported();
        expect(deployment.resources?.map(({ urn }) => String(urn).split("::").at(-1)).sort()).toEqual([
          "a",
          "c",
          "default",
          "example-whole",
        ]);
        expect(await run(project, "destroy", "--yes", "--skip-preview")).toContain("deleted");
      },
    );
  });

  it("finds all of it at another address: another name, another port", async () => {
    await withNoopProject({ env: env(), stack: "moves" }, async (project) => {
      await run(project, "config", "set", "--secret", "password", "kept");
      await project.declare({ items: [{ name: "a", secret: "hush" }], outputs: ["password"] });
      await up(project);
      const replica = await server.replica();
      try {
        for (const url of [server.url.replace("127.0.0.1", "localhost"), replica.url]) {
          const elsewhere = {
            PULUMI_BACKEND_URL: url,
            PULUMI_HOME: path.join(project.root, `home-${new URL(url).port}`),
          };
          const there = async (...args: string[]) =>
            (await expectSuccess(project.pulumi(args, elsewhere))).stdout;
          expect(await there("stack", "output", "password", "--show-secrets", "--stack", "moves")).toBe(
            "kept\n",
          );
          expect(await there("up", "--yes", "--skip-preview", "--stack", "moves")).toContain("2 unchanged");
          const { deployment } = JSON.parse(await there("stack", "export", "--stack", "moves"));
          expect(deployment.secrets_providers.state.url).toBe(url);
        }
      } finally {
        await replica.close();
      }
      expect(await up(project)).toContain("2 unchanged");
    });
  });
});
