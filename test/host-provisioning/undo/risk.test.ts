import { expect, it } from "@jest/globals";
import { isRisky } from "../../../host-provisioning/undo/index.ts";

it.each([
  [{ names: ["nginx", "openssh-server"] }, true],
  [{ names: ["libpam-systemd"] }, true],
  [{ names: ["ssh.service"] }, true],
  [{ names: ["nftables"] }, true],
  [{ names: ["openssh-client", "nginx.service"] }, false],
  [{ files: ["/etc/security/limits.d/60-roost.conf"] }, true],
  [{ files: ["/etc/nginx/nginx.conf"] }, false],
  [{ live: ["/proc/sys/net/ipv4/tcp_rmem"] }, true],
  [{ live: ["/proc/sys/vm/swappiness", "/sys/block/vda/queue/scheduler"] }, false],
  [{}, false],
])("a change of %j needs a login that confirms it: %s", (touched, risky) => {
  expect(isRisky(touched)).toBe(risky);
});
