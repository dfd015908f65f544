// Who may import whom: the table of docs/ARCHITECTURE.md as rules. `npm run check` applies them.

const PACKAGE = "^node_modules/";
const SOURCES = "^(components|stacks|automation-api|host-provisioning|policies|plugins)/";
const CONSOLE = "^automation-api/console/";
const API = "^automation-api/";
/** Code of automation-api that belongs to no noun: wiring, infrastructure, the two clients. */
const NOT_A_NOUN = "^automation-api/([^/]+\\.ts$|(http|db|engine|cli|console)/)";

/** Zod and types only: what every side may know of a noun. */
const CONTRACTS = [
  "/contract\\.ts$",
  "^automation-api/access/permissions\\.ts$",
  "^automation-api/http/page\\.ts$",
  "^automation-api/errors\\.ts$",
];

/** A folder that may import its own files and the listed ones, and nothing else. */
const onlyImports = (folder, allowed, comment) => ({
  name: `${folder}-only-imports`,
  comment,
  severity: "error",
  from: { path: `^${folder}/` },
  to: { pathNot: [`^${folder}/`, ...allowed] },
});

/** What only some files may import. */
const onlyFrom = (name, target, allowedFrom, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: SOURCES, pathNot: allowedFrom },
  to: { path: target, dependencyTypesNot: ["type-only"] },
});

export default {
  forbidden: [
    onlyImports(
      "components",
      [`${PACKAGE}(@pulumi|google-protobuf)/`, "^(node:)?module$"],
      "Components take arguments and make resources; no disk, clock or environment.",
    ),
    onlyImports(
      "host-provisioning",
      [`${PACKAGE}@pulumi/(command|pulumi)/`, `${PACKAGE}zod/`, "^(node:)?(fs|path|url|crypto)(/promises)?$"],
      "Facts in, plans and scripts out; reads its own .sh files.",
    ),
    {
      name: "stacks-only-imports",
      comment: "A program is configuration, components and outputs.",
      severity: "error",
      from: { path: "^stacks/" },
      to: {
        pathNot: [
          "^stacks/",
          `${PACKAGE}(@pulumi|zod)/`,
          "^(components|host-provisioning)/",
          "^plugins/.+/sdk\\.ts$",
        ],
        dependencyTypesNot: ["core"],
      },
    },
    onlyImports(
      "policies",
      [`${PACKAGE}(@pulumi|@grpc|google-protobuf|zod)/`],
      "A rule sees resources and its settings, and nothing else of ours; the pack speaks to the engine.",
    ),
    {
      name: "plugins-stand-alone",
      comment: "Plugins run without the control plane.",
      severity: "error",
      from: { path: "^plugins/" },
      to: {
        path: [SOURCES, "^(test|bench|toolchain)/", `${PACKAGE}(express|pg|pg-boss|kysely)/`],
        pathNot: "^plugins/",
      },
    },
    {
      name: "noun-imports-noun-by-service",
      comment: "Another noun is reached through its service.ts (and the types in its contract.ts).",
      severity: "error",
      from: { path: "^automation-api/([^/]+)/", pathNot: NOT_A_NOUN },
      to: {
        path: "^automation-api/[^/]+/",
        pathNot: [
          "^automation-api/$1/",
          "^automation-api/(db|http)/",
          "/(service|index)\\.ts$",
          "^automation-api/access/authorize\\.ts$",
          ...CONTRACTS,
        ],
      },
    },
    {
      name: "nobody-imports-queries-or-routes",
      comment: "Only the noun itself uses its queries; only the wiring mounts its routes.",
      severity: "error",
      from: { path: "^automation-api/([^/]+)/", pathNot: "^automation-api/http/" },
      to: { path: "[/-](queries|routes)\\.ts$", pathNot: "^automation-api/$1/" },
    },
    {
      name: "api-imports-other-folders-by-index",
      comment: "host-provisioning, plugins and policies are used through an index.ts.",
      severity: "error",
      from: { path: API },
      to: {
        path: "^(components|policies|host-provisioning|plugins)/",
        pathNot: "^(host-provisioning|plugins|policies)/(.*/|)index\\.ts$",
      },
    },
    {
      name: "engine-loads-programs",
      comment: "Programs run in the engine's runner; the wiring hands it their list.",
      severity: "error",
      from: { path: API, pathNot: ["^automation-api/engine/", "^automation-api/[^/]+\\.ts$"] },
      to: { path: "^stacks/" },
    },
    {
      name: "console-imports-contracts",
      comment: "Browser code knows the API's types and nothing else of ours.",
      severity: "error",
      from: { path: CONSOLE },
      to: { path: [SOURCES, "^(test|bench|toolchain)/"], pathNot: [CONSOLE, ...CONTRACTS] },
    },
    {
      name: "contract-is-types",
      comment: "A contract is zod schemas and types: the browser loads it.",
      severity: "error",
      from: { path: CONTRACTS, pathNot: "^automation-api/engine/" },
      to: { pathNot: [`${PACKAGE}(zod|zod-openapi)/`, ...CONTRACTS], dependencyTypesNot: ["type-only"] },
    },
    onlyFrom(
      "express-in-routes",
      `${PACKAGE}express/`,
      ["[/-]routes\\.ts$", "^automation-api/http/", "^stacks/"],
      "HTTP lives in routes.ts and http/.",
    ),
    onlyFrom(
      "sql-in-queries",
      `${PACKAGE}(pg|kysely)/`,
      ["^automation-api/db/", "[/-]queries\\.ts$", "^automation-api/[^/]+/queries/"],
      "SQL lives in queries.ts and db/.",
    ),
    onlyFrom(
      "automation-api-of-pulumi-in-engine",
      `${PACKAGE}@pulumi/pulumi/automation/`,
      ["^automation-api/engine/"],
      "One folder drives the engine.",
    ),
    onlyFrom(
      "cloud-sdk-in-adapters",
      `${PACKAGE}(@aws-sdk|@azure|@kubernetes)/`,
      ["-adapter\\.ts$", "^plugins/.*targets/"],
      "A cloud's SDK is known to one named file.",
    ),
    {
      name: "toolchain-by-found",
      comment: "What the machine has is asked in one place.",
      severity: "error",
      from: { path: SOURCES },
      to: { path: "^toolchain/", pathNot: "^toolchain/found\\.mjs$" },
    },
    {
      name: "no-test-code-in-product",
      comment: "Tests and benches are not part of the product.",
      severity: "error",
      from: { path: [SOURCES, "^toolchain/"] },
      to: { path: "^(test|bench)/" },
    },
    {
      name: "no-development-packages-in-product",
      comment: "What runs must be in dependencies.",
      severity: "error",
      from: { path: SOURCES, pathNot: CONSOLE },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-circle",
      comment: "Two files that need each other are one file or need a third.",
      severity: "error",
      from: { path: SOURCES },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "everything-resolves",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)fixtures/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
