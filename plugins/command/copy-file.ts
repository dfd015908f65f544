import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { ResourceHandler } from "../provider/index.ts";
import { withConnection } from "./dial.ts";
import { checkFields } from "./fields.ts";
import { makeId } from "./ids.ts";
import { copyFileFields } from "./inputs.ts";
import { withSecretLogin } from "./secrecy.ts";
import { RemoteFiles } from "./sftp.ts";

/** One local file, copied to exactly the remote path. Every change copies again, as a replacement. */
export const copyFile: ResourceHandler = {
  check: (_context, { inputs }) => ({
    inputs: withSecretLogin(inputs),
    failures: checkFields(inputs, copyFileFields),
  }),

  async create(context, { inputs }) {
    const source = resolve(context.directory, String(inputs.localPath));
    await withConnection(context, inputs.connection, async (client) => {
      const files = await RemoteFiles.open(client);
      await files.write(String(inputs.remotePath), createReadStream(source));
    });
    return { id: makeId(), state: inputs };
  },
};
