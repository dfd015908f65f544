import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { z } from "zod";
import { nginxMap, nginxServer } from "../../../automation-api/cli/generate/nginx.ts";
import { systemdUnit } from "../../../automation-api/cli/generate/systemd.ts";
import { route } from "../../../automation-api/http/route.ts";
import { stackParams } from "../../../automation-api/projects/contract.ts";
import { sessionRoutes } from "../../../automation-api/sessions/routes.ts";
import { Sessions } from "../../../automation-api/sessions/service.ts";
import { templateRoutes } from "../../../automation-api/templates/routes.ts";
import { Templates } from "../../../automation-api/templates/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { abilities, cipher } from "../sessions/session-lab.ts";
import { roost, startRoost } from "./terminal.ts";

const run = promisify(execFile);
const has = (command: string) => spawnSync("/bin/sh", ["-c", `command -v ${command}`]).status === 0;
let folder: string;
let server: TestServer;

const cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/sessions";
const emptyStack = {
  ...{ version: 1, resources: 0, lastUpdate: null, running: null, queued: 0, deletedAt: null },
  ...{ createdAt: new Date(0).toISOString(), tags: {}, config: {}, resourceList: [], history: [] },
};
/** Stacks as far as their outputs go. */
const stackRoute = route({
  method: "get",
  path: "/api/v1/stacks/:project/:stack",
  summary: "A stack",
  tag: "Stacks",
  access: "stack:read",
  params: stackParams,
  replies: { 200: { description: "The stack.", schema: z.unknown() } },
  handler: async ({ params: { project, stack } }) => {
    const runTask = {
      cluster,
      taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/workspace:1",
      capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
      networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"], securityGroups: ["sg-1"] } },
    };
    const one = { runTask, containerName: "main", port: 6080, logGroupName: "logs", launchPolicyArn: "arn" };
    const outputs = stack === "production" ? { templates: { desktop: one, workspace: one } } : {};
    return { status: 200, body: { ...emptyStack, project, stack, outputs } };
  },
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "roost-cli-sessions-"));
  server = await startTestServer({
    routes: ({ database: { db } }) => {
      const view = { proxyUrl: "http://*.localhost:8001", isolates: () => false, launchLimit: () => null };
      return [
        stackRoute,
        ...templateRoutes(new Templates({ db, cipher, abilities, images: [] })),
        ...sessionRoutes({
          sessions: new Sessions({ db, cipher, view }),
          sessionLogPath: (target) => (target === "process" ? path.join(folder, "log") : undefined),
        }),
      ];
    },
  });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const surroundings = () => ({ env: { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken }, home: folder });
const call = (...args: string[]) => roost(args, surroundings());
const ready = (id: string) =>
  sql`
  UPDATE session SET state = 'active', address = '127.1.1.1', port = 80 WHERE id = ${id}`.execute(
    server.database.db,
  );

describe("roost session", () => {
  it("makes a template of a file with its program, starts, lists, opens, extends and ends a session", async () => {
    await writeFile(path.join(folder, "desk.mjs"), "console.log('desk')");
    await writeFile(
      path.join(folder, "desk.yaml"),
      "name: desk\nworkload:\n  program: desk.mjs\npool:\n  floor: 1\n",
    );
    const made = await call("template", "add", path.join(folder, "desk.yaml"));
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining("roost session start desk")]);
    expect((await call("template", "--json")).json()).toMatchObject({
      items: [{ name: "desk", workload: { program: { name: "desk.mjs", text: "console.log('desk')" } } }],
    });
    const started = (await call("session", "start", "desk", "--no-wait", "--json")).json<{ id: string }>();
    expect(started).toMatchObject({ state: "requested", user: "admin" });
    const waiting = startRoost(["session", "start", "desk", "--user", "ann"], surroundings());
    await waiting.printed("place 2 in the line");
    const { items } = (await call("session", "list", "--user", "ann", "--json")).json<{
      items: { id: string }[];
    }>();
    const id = items[0]?.id as string;
    await ready(id);
    const waited = await waiting.done;
    expect([waited.code, waited.stdout]).toEqual([0, expect.stringMatching(/address +127\.1\.1\.1:80/)]);

    expect((await call("session")).stdout).toMatch(
      /^ID +TEMPLATE.*\n(.*\n)*ses_\w+ +desk +ann +active +127\.1\.1\.1:80/,
    );
    expect((await call("session", "open", id)).stdout).toMatch(
      new RegExp(`^http://${id.replace("_", "-")}\\.localhost:8001/\\.roost/ticket\\?ticket=[\\w-]{43}\\n$`),
    );
    expect((await call("session", "extend", id, "--seconds", "3600")).stdout).toContain("lives for");
    await writeFile(path.join(folder, "log"), "first\nsecond");
    expect((await call("session", "logs", id)).stdout).toBe("first\nsecond\n");
    expect((await call("session", "end", id)).stdout).toBe(`${id} is stopping.\n`);
    expect((await call("session", "show", id)).stdout).toMatch(/state +stopping \(user|admin\)/);
    expect((await call("session", "end", started.id)).stdout).toBe(`${started.id} is stopped.\n`);
    const kept = await call("template", "remove", "desk");
    expect([kept.code, kept.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining("belong to users"),
    ]);
  });

  it("makes a template of what a sessions stack gives out, with a file laid over it", async () => {
    const file = path.join(folder, "workspace.yaml");
    await writeFile(file, "name: workspace\npool: {floor: 2}\nworkload: {healthPath: /up}\n");
    const made = await call("template", "add", file, "--from-stack", "cloud/production", "--json");
    expect(made.json()).toMatchObject({
      name: "workspace",
      target: "ecs",
      isolation: "required",
      pool: { floor: 2 },
      workload: {
        port: 6080,
        healthPath: "/up",
        ecs: { containerName: "main", runTask: { cluster: cluster } },
      },
    });
    const unnamed = await call("template", "add", "--from-stack", "cloud/production");
    expect([unnamed.code, unnamed.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining("no template of the stack"),
    ]);
    expect((await call("template", "add")).stderr).toContain("--from-stack");
    expect((await call("template", "add", "--from-stack", "cloud/other")).stderr).toContain("sessions");
  });

  it("keeps a map for nginx true", async () => {
    await call("template", "add", path.join(folder, "desk.yaml"));
    const { id } = (await call("session", "start", "desk", "--user", "ben", "--no-wait", "--json")).json<{
      id: string;
    }>();
    await ready(id);
    const file = path.join(folder, "sessions.map");
    const keeping = startRoost(["session", "nginx", "--keep", file, "--no-reload"], surroundings());
    const text = () => readFile(file, "utf8").catch(() => "");
    while (!(await text()).includes('"ben" "127.1.1.1:80";'))
      await new Promise((resolve) => setImmediate(resolve));
    keeping.signal("SIGINT");
    expect((await keeping.done).code).toBe(0);
  });
});

describe("what is generated", () => {
  const sessions = [
    { id: "ses_1", user: "ann", address: { ip: "10.0.0.1", port: 80 } },
    { id: "ses_3", user: "ann", address: { ip: "10.0.0.3", port: 80 } },
    { id: "ses_2", user: "ann", address: { ip: "10.0.0.2", port: 80 } },
    { id: "ses_4", user: "ben", address: { ip: "fd00::1", port: 81 } },
    { id: "ses_5", user: null, address: { ip: "10.0.0.5", port: 80 } },
    { id: "ses_6", user: "eve", address: null },
  ];

  it("a map leads each user to the newest session, and nobody to the pool's", () => {
    const lines = nginxMap(sessions).split("\n");
    expect(lines.slice(3, -2)).toEqual(['  "ann" "10.0.0.3:80";', '  "ben" "[fd00::1]:81";']);
  });

  (has("nginx") ? it : it.skip)("nginx takes the configuration", async () => {
    const map = path.join(folder, "test.map");
    await writeFile(map, nginxMap(sessions));
    const main = path.join(folder, "nginx.conf");
    const place = `pid ${folder}/nginx.pid; error_log stderr;`;
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(" ");
    const site = nginxServer({ listen: `unix:${folder}/nginx.sock`, mapFile: map });
    await writeFile(main, `${place} events {} http { access_log off; ${temporary}\n${site}\n}`);
    const { stderr } = await run("nginx", ["-t", "-c", main, "-p", folder]);
    expect(stderr).toContain("test is successful");
  });

  const kinds = ["start", "worker", "proxy"] as const;
  (has("systemd-analyze") ? it.each(kinds) : it.skip.each(kinds))(
    "systemd takes the unit of %s",
    async (kind) => {
      const file = path.join(folder, `roost-${kind}.service`);
      const clone = path.join(folder, "a clone");
      const unit = systemdUnit(kind, clone, "/etc/roost/environment");
      expect(unit).toContain(`a\\x20clone/toolchain/roost ${kind}`);
      // It looks for the program as well, which is not there.
      await writeFile(
        file,
        unit.replace(/^ExecStart=.*$/m, "ExecStart=/bin/true").replace(/^WorkingDirectory=.*$/m, ""),
      );
      const { stderr } = await run("systemd-analyze", ["verify", "--man=no", file]).catch((error) => error);
      expect(stderr.split("\n").filter((line: string) => line.includes("roost-"))).toEqual([]);
    },
  );
});
