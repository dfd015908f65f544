import { writeFile } from "node:fs/promises";
import path from "node:path";
import { noopProvider } from "../../../plugins/noop/index.ts";
import { type Served, serveProvider } from "../../../plugins/provider/index.ts";
import { type Project, withProject } from "../../support/engine.ts";

/** One resource of a program that is data. */
export interface Item {
  name: string;
  payload?: unknown;
  secret?: string;
  replaceKey?: string;
  fail?: "create" | "update" | "delete";
  delayMilliseconds?: number;
  dependsOn?: string[];
  parent?: string;
  component?: boolean;
  deleteBeforeReplace?: boolean;
  protect?: boolean;
  retainOnDelete?: boolean;
  aliases?: string[];
}

export interface ProgramSpec {
  items: Item[];
  /** Configuration keys whose values become outputs, secret ones as secrets. */
  outputs?: string[];
  /** Full name of a stack whose output `greeting` becomes an output. */
  reference?: string;
}

/** Reads what to declare from program.json beside it. */
const program = `
const pulumi = require("@pulumi/pulumi");
const spec = JSON.parse(require("node:fs").readFileSync(__dirname + "/program.json", "utf8"));
class Resource extends pulumi.CustomResource {
  constructor(name, args, options) { super("noop:index:Resource", name, { payload: undefined, ...args }, options); }
}
class Group extends pulumi.ComponentResource {
  constructor(name, options) { super("test:index:Group", name, {}, options); this.registerOutputs({ name }); }
}
function make(made, item) {
  const { name, component, dependsOn = [], parent, secret, aliases = [], deleteBeforeReplace, protect, retainOnDelete, ...args } = item;
  const options = {
    parent: made[parent], deleteBeforeReplace, protect, retainOnDelete,
    dependsOn: dependsOn.map((other) => made[other]).filter(Boolean),
    aliases: aliases.map((alias) => ({ name: alias })),
  };
  if (secret !== undefined) args.payload = pulumi.secret(secret);
  return component ? new Group(name, options) : new Resource(name, args, options);
}
// One after the other, so that the engine takes the same steps in the same order each time.
module.exports = async () => {
  const made = {};
  for (const item of spec.items) {
    made[item.name] = make(made, item);
    await new Promise((resolve) => made[item.name].urn.apply(resolve));
  }
  const outputs = { count: spec.items.length };
  const config = new pulumi.Config();
  for (const key of spec.outputs ?? []) outputs[key] = config.getSecret(key) ?? key;
  if (spec.reference) outputs.referenced = new pulumi.StackReference(spec.reference).getOutput("greeting");
  return outputs;
};
`;

export interface NoopProject extends Project {
  /** What the next operation declares. */
  declare(spec: ProgramSpec | Item[]): Promise<void>;
}

/** A project whose program is data and whose provider touches nothing, on the backend that \`env\` names. */
export async function withNoopProject<T>(
  options: { env: Record<string, string>; stack?: string },
  body: (project: NoopProject) => Promise<T>,
): Promise<T> {
  const provider: Served = await serveProvider(noopProvider);
  try {
    return await withProject(
      {
        files: { "package.json": "{}", "index.js": program, "program.json": JSON.stringify({ items: [] }) },
        stack: options.stack,
        env: {
          PULUMI_DEBUG_PROVIDERS: `noop:${provider.port}`,
          PULUMI_JOURNALING_BATCH_PERIOD: "1",
          ...options.env,
        },
      },
      (project) =>
        body({
          ...project,
          declare: (spec) => {
            const content = Array.isArray(spec) ? { items: spec } : spec;
            return writeFile(path.join(project.folder, "program.json"), JSON.stringify(content));
          },
        }),
    );
  } finally {
    await provider.close();
  }
}
