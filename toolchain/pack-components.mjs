// Packs components/ as an npm package for other projects: type stripping does not work below node_modules, so
// it has compiled files and declarations in dist/, and the sources in src/, from which Pulumi's SDK infers the
// schema for other languages.
//
//   node toolchain/pack-components.mjs [FOLDER]     prints the path of the tarball; default: the working folder

import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./bootstrap/process.mjs";
import { ROOT } from "./found.mjs";

const SOURCES = join(ROOT, "components");
/** Packages that the components import; the rest of our dependencies is not theirs. */
const IMPORTED = [
  "@pulumi/aws",
  "@pulumi/azure-native",
  "@pulumi/kubernetes",
  "@pulumi/pulumi",
  "google-protobuf",
];

/**
 * @param {string} destination folder that the tarball is put into
 * @returns {Promise<string>} its path
 */
export async function packComponents(destination) {
  const folder = mkdtempSync(join(tmpdir(), "roost-pack-"));
  try {
    await compile(folder);
    cpSync(SOURCES, join(folder, "src"), {
      recursive: true,
      filter: (path) => !/\/(host\.ts|[^/]+\.json)$/.test(path),
    });
    placeHost(folder);
    const manifest = planManifest(
      readJson(join(SOURCES, "package.json")),
      readJson(join(ROOT, "package.json")),
    );
    writeFileSync(join(folder, "package.json"), json(manifest));
    writeFileSync(join(folder, "tsconfig.json"), json(sourceConfig()));
    writeFileSync(
      join(folder, "PulumiPlugin.yaml"),
      "runtime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    mkdirSync(destination, { recursive: true });
    await must("npm", ["pack", "--silent", "--pack-destination", destination], { cwd: folder });
    return join(destination, `${manifest.name}-${manifest.version}.tgz`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd: string}} options
 */
async function must(command, args, options) {
  const { code, tail } = await run(command, args, options);
  if (code !== 0) throw new Error([`${command} ${args.join(" ")} ended with ${code}`, ...tail].join("\n"));
}

/** Types are checked by `npm run check`; here they are only written down. @param {string} folder */
async function compile(folder) {
  const config = join(folder, "tsconfig.build.json");
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    allowJs: false,
    checkJs: false,
    allowImportingTsExtensions: false,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    rootDir: SOURCES,
    outDir: join(folder, "dist"),
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  const include = [`${SOURCES}/**/*.ts`];
  writeFileSync(config, json({ extends: join(ROOT, "tsconfig.json"), compilerOptions, include }));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  await must(process.execPath, [compiler, "-p", config], { cwd: folder });
  rmSync(config);
}

/** The SDK's plugin runner looks for the manifest beside the host. @param {string} folder */
function placeHost(folder) {
  renameSync(join(folder, "dist/host.js"), join(folder, "host.js"));
  rmSync(join(folder, "dist/host.d.ts"));
  const text = readFileSync(join(folder, "host.js"), "utf8");
  writeFileSync(join(folder, "host.js"), text.replace('"./index.js"', '"./dist/index.js"'));
}

/**
 * @param {{name: string, version: string, description: string, license: string}} components
 * @param {{dependencies: Record<string, string>}} root
 */
export function planManifest({ name, version, description, license }, { dependencies }) {
  /** @param {string} path */
  const entry = (path) => ({ types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` });
  return {
    name,
    version,
    description,
    license,
    type: "module",
    // `import` takes the library, the plugin runner takes the host.
    main: "host.js",
    exports: { ".": entry("index"), "./testing": entry("testing/index"), "./package.json": "./package.json" },
    files: ["dist", "src", "host.js", "tsconfig.json", "PulumiPlugin.yaml"],
    // The runner loads the host with `require`.
    engines: { node: ">=22.12" },
    dependencies: Object.fromEntries(IMPORTED.map((each) => [each, `^${dependencies[each]}`])),
  };
}

/** What schema inference reads the sources with. */
function sourceConfig() {
  return {
    compilerOptions: {
      target: "es2023",
      module: "nodenext",
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: [],
    },
    include: ["src"],
  };
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** @param {unknown} value */
function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await packComponents(resolve(process.argv[2] ?? ".")));
}
