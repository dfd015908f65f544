import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeTarGz } from "../automation-api/programs/tarball.ts";
import { repository } from "./engine.ts";

/** What a program is made of beside its own files, in place of an installation: doors to the packages of this clone. */
const doors = [
  ["@pulumi/pulumi", "index.js"],
  ["@pulumi/pulumi", "cmd/run/index.js"],
  ["@pulumi/command", "index.js"],
] as const;

const project = {
  "Pulumi.yaml": "name: example\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
};
const manifest = { "package.json": '{ "private": true, "type": "module", "main": "index.ts" }' };

/** A gzipped tar of a program of the one file `index.ts`, which brings its packages with it. */
export function packProgram(code: string): Buffer {
  const files = { ...project, ...manifest, "index.ts": code };
  const packages = doors.flatMap(([name, file]) => {
    const folder = `node_modules/${name}`;
    const target = JSON.stringify(path.join(repository, folder, file));
    return [
      {
        path: `${folder}/package.json`,
        content: JSON.stringify({ name, version: "0.0.0", main: "index.js" }),
      },
      { path: `${folder}/${file}`, content: `module.exports = require(${target});\n` },
    ];
  });
  return makeTarGz([
    ...Object.entries(files).map(([name, content]) => ({ path: name, content })),
    ...packages,
  ]);
}

/** The same as a folder below `root`. @returns its path. */
export async function makeProgramFolder(root: string, name: string, code: string): Promise<string> {
  const folder = path.join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries({ ...project, ...manifest, "index.ts": code })) {
    await writeFile(path.join(folder, file), content);
  }
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}
