import { CheckFailed, type FunctionHandler, type ResourceHandler } from "../provider/index.ts";
import { collectFiles } from "./collect.ts";
import { checkFields } from "./fields.ts";
import { makeId } from "./ids.ts";
import { type LocalInputs, localFields, present, previousOutput, runFields } from "./inputs.ts";
import { commandFolder, runLocal } from "./local-run.ts";
import { outputProperties } from "./secrecy.ts";

/** A command on the machine that runs the provider. */
export const localCommand: ResourceHandler = {
  replaceOn: ["triggers"],

  check: (_context, { inputs }) => ({ inputs, failures: checkFields(inputs, localFields) }),

  async create(context, { inputs }) {
    const options = present<LocalInputs>(inputs);
    const id = makeId(context.name);
    if (options.create === undefined) return { id, state: { ...inputs, stdout: "", stderr: "" } };
    const output = await runLocal(context, options.create, options, {});
    const files = await collectFiles(commandFolder(context, options), options);
    return { id, state: { ...inputs, ...outputProperties(context, output), ...files } };
  },

  async update(context, { inputs, state }) {
    const options = present<LocalInputs>(inputs);
    const command = options.update ?? options.create;
    const { stdout = "", stderr = "", assets, archive } = state;
    if (command === undefined) return { ...inputs, stdout, stderr, assets, archive };
    const output = await runLocal(context, command, options, previousOutput(state));
    const files = await collectFiles(commandFolder(context, options), options);
    return { ...inputs, ...outputProperties(context, output), ...files };
  },

  async delete(context, { state }) {
    const options = present<LocalInputs>(state);
    if (options.delete !== undefined) await runLocal(context, options.delete, options, previousOutput(state));
  },
};

/** `local.run`: a command that is run in each preview and update, and belongs to no resource. */
export const localRun: FunctionHandler = async (context, args) => {
  const failures = checkFields(args, runFields);
  if (failures.length > 0) throw new CheckFailed(failures);
  const options = present<LocalInputs & { command: string }>(args);
  const output = await runLocal(context, options.command, options, {});
  const files = await collectFiles(commandFolder(context, options), options);
  return { ...args, ...outputProperties(context, output), ...files };
};
