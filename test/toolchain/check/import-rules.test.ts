import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ROOT } from "../../../toolchain/found.mjs";

/** A small tree: file → what it imports → the rule that must refuse it ("" when it is allowed). */
const IMPORTS: [from: string, to: string, rule: string][] = [
  ["components/site/site.ts", "@pulumi/pulumi", ""],
  ["components/site/disk.ts", "node:fs", "components-only-imports"],
  ["components/site/above.ts", "../../stacks/hello/config.ts", "components-only-imports"],
  ["host-provisioning/reset/plan.ts", "zod", ""],
  ["host-provisioning/reset/script.ts", "node:fs", ""],
  ["host-provisioning/reset/up.ts", "../../automation-api/errors.ts", "host-provisioning-only-imports"],
  ["stacks/hello/index.ts", "../../components/site/site.ts", ""],
  ["stacks/hello/local.ts", "../../plugins/roost/sdk.ts", ""],
  ["stacks/hello/deep.ts", "../../plugins/roost/provider.ts", "stacks-only-imports"],
  ["stacks/hello/web.ts", "express", "stacks-only-imports"],
  ["policies/rule.ts", "zod", ""],
  ["policies/pack.ts", "@grpc/grpc-js", ""],
  ["policies/ours.ts", "../components/site/site.ts", "policies-only-imports"],
  ["plugins/roost/provider.ts", "ssh2", ""],
  ["plugins/roost/up.ts", "../../automation-api/errors.ts", "plugins-stand-alone"],
  ["plugins/roost/sql.ts", "pg", "plugins-stand-alone"],
  ["automation-api/hosts/service.ts", "../audit/service.ts", ""],
  ["automation-api/hosts/types.ts", "../audit/contract.ts", ""],
  ["automation-api/hosts/inside.ts", "../audit/domain.ts", "noun-imports-noun-by-service"],
  ["automation-api/hosts/rows.ts", "../audit/queries.ts", "nobody-imports-queries-or-routes"],
  ["automation-api/hosts/engine.ts", "../engine/runner-pool.ts", "noun-imports-noun-by-service"],
  [
    "automation-api/hosts/provision.ts",
    "../../host-provisioning/reset/plan.ts",
    "api-imports-other-folders-by-index",
  ],
  ["automation-api/hosts/provision-by-index.ts", "../../host-provisioning/index.ts", ""],
  ["automation-api/hosts/program.ts", "../../stacks/hello/config.ts", "engine-loads-programs"],
  ["automation-api/engine/program.ts", "../../stacks/hello/config.ts", ""],
  ["automation-api/hosts/express.ts", "express", "express-in-routes"],
  ["automation-api/hosts/routes.ts", "express", ""],
  ["automation-api/hosts/sql.ts", "kysely", "sql-in-queries"],
  ["automation-api/hosts/queries.ts", "kysely", ""],
  [
    "automation-api/hosts/drive.ts",
    "@pulumi/pulumi/automation/index.js",
    "automation-api-of-pulumi-in-engine",
  ],
  ["automation-api/engine/drive.ts", "@pulumi/pulumi/automation/index.js", ""],
  ["automation-api/hosts/machine.ts", "../../toolchain/found.mjs", ""],
  ["automation-api/hosts/cache.ts", "../../toolchain/bootstrap/cache.mjs", "toolchain-by-found"],
  ["automation-api/hosts/fake.ts", "../../test/fake.ts", "no-test-code-in-product"],
  ["automation-api/hosts/check.ts", "fast-check", "no-development-packages-in-product"],
  ["automation-api/hosts/lost.ts", "./gone.ts", "everything-resolves"],
  ["automation-api/audit/contract.ts", "../errors.ts", ""],
  ["automation-api/access/contract.ts", "pino", "contract-is-types"],
  ["automation-api/console/page.ts", "../audit/contract.ts", ""],
  ["automation-api/console/inside.ts", "../audit/service.ts", "console-imports-contracts"],
  ["automation-api/audit/one.ts", "./two.ts", "no-circle"],
  ["automation-api/audit/two.ts", "./one.ts", ""],
];
/** Files that are only imported. */
const LEAVES = [
  "stacks/hello/config.ts",
  "plugins/roost/sdk.ts",
  "host-provisioning/index.ts",
  "automation-api/errors.ts",
  "automation-api/audit/service.ts",
  "automation-api/audit/domain.ts",
  "automation-api/audit/queries.ts",
  "automation-api/engine/runner-pool.ts",
  "toolchain/found.mjs",
  "toolchain/bootstrap/cache.mjs",
  "test/fake.ts",
];

const folder = realpathSync(mkdtempSync(join(tmpdir(), "roost-imports-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let refused: Map<string, string[]>;

beforeAll(() => {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const path of LEAVES) write(path, "export default 1;\n");
  for (const [from, to] of IMPORTS) write(from, `import * as it from "${to}";\nexport default it;\n`);
  for (const name of ["package.json", "tsconfig.json", ".dependency-cruiser.mjs"])
    cpSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const tool = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const folders = [
    "automation-api",
    "components",
    "host-provisioning",
    "plugins",
    "policies",
    "stacks",
    "test",
    "toolchain",
  ];
  const args = [
    tool,
    "--config",
    ".dependency-cruiser.mjs",
    "--output-type",
    "json",
    "--preserve-symlinks",
    ...folders,
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (!stdout) throw new Error(stderr);
  const violations: { from: string; rule: { name: string } }[] = JSON.parse(stdout).summary.violations;
  refused = new Map(
    [...Map.groupBy(violations, ({ from }) => from)].map(([from, list]) => [
      from,
      list.map(({ rule }) => rule.name),
    ]),
  );
}, 60_000);

describe("the import rules", () => {
  it.each(IMPORTS)("%s → %s: %s", (from, _, rule) => {
    const names = refused.get(from) ?? [];
    if (rule === "") expect(names).toEqual([]);
    else expect(names).toContain(rule);
  });
});
