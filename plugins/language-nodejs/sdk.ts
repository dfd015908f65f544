import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * The entry file of a command of the Pulumi SDK that a folder's code uses: the nearest one up its tree.
 * @param command "run", "run-policy-pack" or "run-plugin"
 */
export function findSdkCommand(folder: string, command: string): string {
  const find = createRequire(join(folder, "index.js"));
  try {
    return find.resolve(`@pulumi/pulumi/cmd/${command}/index.js`);
  } catch (cause) {
    const text = `@pulumi/pulumi is not installed for ${folder}: run \`pulumi install\` or \`npm install\` there`;
    throw new Error(text, { cause });
  }
}
