import { posix } from "node:path";
import type { Context } from "../provider/index.ts";
import { isRecord, type Properties, type ResourceHandler, sameContent } from "../provider/index.ts";
import { readSource, type Source } from "./copy-source.ts";
import { withConnection } from "./dial.ts";
import { checkFields } from "./fields.ts";
import { makeId } from "./ids.ts";
import { copyToRemoteFields } from "./inputs.ts";
import { withSecretLogin } from "./secrecy.ts";
import { RemoteFiles } from "./sftp.ts";

/** An asset or archive, copied to a host. It is copied again only when its content or its place has changed. */
export const copyToRemote: ResourceHandler = {
  replaceOn: ["triggers"],

  check: (_context, { inputs }) => ({
    inputs: withSecretLogin(inputs),
    failures: checkFields(inputs, copyToRemoteFields),
  }),

  async create(context, { inputs }) {
    await copy(context, inputs);
    return { id: makeId(), state: inputs };
  },

  async update(context, { inputs, state }) {
    if (needsCopy(inputs, state)) await copy(context, inputs);
    return inputs;
  },
};

/** A new connection alone is no reason: it leads to the same host by another way. */
export function needsCopy(inputs: Properties, state: Properties): boolean {
  const { source, remotePath } = inputs;
  if (remotePath !== state.remotePath) return true;
  return !(isRecord(source) && isRecord(state.source) && sameContent(source, state.source));
}

async function copy(context: Context, { connection, source, remotePath }: Properties): Promise<void> {
  const found = await readSource(source, context.directory);
  await withConnection(context, connection, async (client) => {
    await send(context, await RemoteFiles.open(client), found, String(remotePath));
  });
}

async function send(context: Context, files: RemoteFiles, source: Source, target: string): Promise<void> {
  const kind = await files.kindOf(target);
  if (source.kind === "file") {
    if (kind === "folder" && source.name === undefined) {
      throw new Error(`${target} is a folder, and the source has no file name of its own`);
    }
    const path = kind === "folder" ? posix.join(target, source.name ?? "") : target;
    if (kind === "nothing") await files.makeFolder(posix.dirname(path));
    await files.write(path, await source.open());
    return;
  }
  if (kind === "file") throw new Error(`${target} exists on the host and is not a folder`);
  const root = source.name === undefined ? target : posix.join(target, source.name);
  await files.makeFolder(root);
  for (const folder of source.folders) await files.makeFolder(posix.join(root, folder));
  for (const file of source.files) {
    context.signal.throwIfAborted();
    const path = posix.join(root, file.path);
    await files.makeFolder(posix.dirname(path));
    await files.write(path, await file.open());
  }
}
