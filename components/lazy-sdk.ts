// Pulumi's SDK loads a TypeScript compiler and npm's reader of folders when it starts, about half of its time to
// load. Both serve closures that are turned into text (`aws.lambda.CallbackFunction`), which programs seldom have.
// Here each waits until its first member is asked for. Where the SDK is loaded already, as under `pulumi up`,
// nothing is left to gain and nothing changes.

import Module, { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Puts a stand-in for that module into Node's cache: the module itself is loaded when a member of it is read. */
function loadLater(path: string): void {
  if (require.cache[path] !== undefined) return;
  let loaded: object | undefined;
  const load = (): object => {
    if (loaded === undefined) {
      delete require.cache[path];
      loaded = require(path) as object;
    }
    return loaded;
  };
  const later = new Module(path);
  later.filename = path;
  later.loaded = true;
  later.exports = new Proxy(
    {},
    {
      // A compiled `import *` copies all members, which would load the module, unless it is told not to.
      get: (_, key) => (key === "__esModule" ? true : Reflect.get(load(), key)),
      has: (_, key) => key in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, key) => {
        const found = Reflect.getOwnPropertyDescriptor(load(), key);
        // A proxy may not tell of a fixed property that its own target lacks.
        return found === undefined ? undefined : { ...found, configurable: true };
      },
    },
  );
  require.cache[path] = later;
}

const sdk = createRequire(require.resolve("@pulumi/pulumi"));
for (const name of ["./typescript-shim.js", "@npmcli/arborist"]) loadLater(sdk.resolve(name));
