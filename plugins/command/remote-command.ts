import type { ResourceHandler, Value } from "../provider/index.ts";
import { checkFields } from "./fields.ts";
import { makeId } from "./ids.ts";
import { type CommandInputs, present, previousOutput, remoteFields } from "./inputs.ts";
import { runRemote } from "./remote-run.ts";
import { outputProperties, withSecretLogin } from "./secrecy.ts";

export type RemoteInputs = CommandInputs & { connection: Value };

/** A command on a host that is reached by SSH. */
export const remoteCommand: ResourceHandler = {
  replaceOn: ["triggers"],

  check: (_context, { inputs }) => ({
    inputs: withSecretLogin(inputs),
    failures: checkFields(inputs, remoteFields),
  }),

  async create(context, { inputs }) {
    const options = present<RemoteInputs>(inputs);
    const id = makeId(context.name);
    if (options.create === undefined) return { id, state: { ...inputs, stdout: "", stderr: "" } };
    const output = await runRemote(context, options.create, options, {});
    return { id, state: { ...inputs, ...outputProperties(context, output) } };
  },

  async update(context, { inputs, state }) {
    const options = present<RemoteInputs>(inputs);
    const command = options.update ?? options.create;
    const { stdout = "", stderr = "" } = state;
    if (command === undefined) return { ...inputs, stdout, stderr };
    const output = await runRemote(context, command, options, previousOutput(state));
    return { ...inputs, ...outputProperties(context, output) };
  },

  async delete(context, { state }) {
    const options = present<RemoteInputs>(state);
    if (options.delete !== undefined)
      await runRemote(context, options.delete, options, previousOutput(state));
  },
};
