import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "@jest/globals";
import { isGuarded } from "../../../host-provisioning/reset/guards.ts";

const guards = ["undo/steps.sh", "reset/steps.sh"]
  .map((name) => readFileSync(new URL(`../../../host-provisioning/${name}`, import.meta.url), "utf8"))
  .join("\n");

it.each([
  ["/", true],
  ["relative", true],
  ["/boot/vmlinuz", true],
  ["/usr/lib/modules/6.1/kernel", true],
  ["/etc/ssh/sshd_config", true],
  ["/root/.ssh/authorized_keys", true],
  ["/var/lib/roost/undo", true],
  ["/srv//x", true],
  ["/srv/x/", true],
  ["/usr/sbin/sshd", true],
  ["/usr/lib/x86_64-linux-gnu/libc.so.6", true],
  ["/usr", true],
  ["/usr/local", true],
  ["/swapfile", true],
  ["/lib32/x", true],
  ["/home/ann/.aws", true],
  ["/etc/passwd-", true],
  ["/etc/ssh", true],
  ["/usr/local/bin/tool", false],
  ["/srv/x", false],
  ["/etc/motd", false],
  ["/srv/.hidden", false],
  ["/srv/..data", false],
])("the guard of %s", (path, isRefused) => {
  expect(isGuarded(path)).toBe(isRefused);
  // And by the host itself, whatever a plan says.
  const script = `refuse() { exit "$1"; }\ntell() { :; }\n${guards}\nleave "$1"`;
  if (!path.endsWith("/")) expect(exitOf(script, path)).toBe(isRefused ? 78 : 0);
});

function exitOf(script: string, word: string): number {
  return spawnSync("/bin/sh", ["-s", word], { input: script }).status ?? -1;
}
