// Real servers of others for the suite "servers", which runs what the components render. They are slow to get and
// the same for every clone, so each is got once into the per-user cache. In CI `npm test` runs this beside the other
// suites; elsewhere it is run by hand, and the suite is skipped where nobody has.
//
//   node toolchain/servers.mjs                  all of them: Keycloak, and kube-apiserver with etcd
//   node toolchain/servers.mjs keycloak         one

import process from "node:process";
import { KEYCLOAK } from "./servers/keycloak.mjs";
import { KUBERNETES } from "./servers/kubernetes.mjs";

/**
 * @typedef {object} Server
 * @property {() => string | undefined} lack why it is not in the cache; nothing when it is
 * @property {(say: (line: string) => void) => Promise<void>} get brings it into the cache, once
 */

/** @type {Record<string, Server>} */
const SERVERS = { keycloak: KEYCLOAK, "kube-apiserver": KUBERNETES };

const wanted = process.argv.slice(2);
for (const name of wanted.filter((each) => !(each in SERVERS))) {
  console.error(`"${name}" is none of ${Object.keys(SERVERS).join(", ")}`);
  process.exit(2);
}
// What root puts into the cache is run by unprivileged users.
if (process.getuid?.() === 0) process.umask(0o022);
for (const [name, { lack, get }] of Object.entries(SERVERS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = Date.now();
  try {
    if (lack() !== undefined) await get((line) => console.log(`${name}: ${line}`));
    console.log(`${name}: ready in ${Math.round((Date.now() - started) / 1000)} s`);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
