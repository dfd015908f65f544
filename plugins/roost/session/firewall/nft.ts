import { execFile, spawnSync } from "node:child_process";
import { findProgram, foldersOf } from "../../../process/find-program.ts";
import { bridgeTable, noTable, processTable } from "./plan.ts";

const nftMilliseconds = 10_000;

/** Has the kernel take a set of rules, all of it or nothing. @throws with what nft said */
export function load(rules: string): Promise<void> {
  return run(["-f", "-"], rules);
}

/** Whether a table is there. */
export async function hasTable(name: string): Promise<boolean> {
  return run(["list", "table", "inet", name]).then(
    () => true,
    () => false,
  );
}

let lack: { reason: string | undefined } | undefined;

/**
 * Why this process cannot set rules of the kernel's firewall; undefined: it can. The kernel is asked once, whether it
 * would take rules like ours; nothing is set.
 */
export function reasonWithoutFirewall(): string | undefined {
  lack ??= { reason: findLack() };
  return lack.reason;
}

/**
 * Has the kernel load a module.
 * @param isDry true: nothing is loaded, it is only looked whether it could be
 * @returns whether that went well
 */
export function loadModule(name: string, isDry = false): boolean {
  const modprobe = program("modprobe");
  const words = isDry ? ["--dry-run", name] : [name];
  return modprobe !== undefined && spawnSync(modprobe, words, { timeout: nftMilliseconds }).status === 0;
}

function findLack(): string | undefined {
  if (process.platform !== "linux") return "only Linux has nftables";
  if (process.getuid?.() !== 0) return "only a server that is started as root can set rules of a firewall";
  const nft = program("nft");
  if (nft === undefined) return "nft is not installed (on Debian: apt-get install nftables)";
  const reach = { endpoints: [], nameservers: [] };
  const input = [
    processTable("roost_try", [{ uid: 1, address: "127.1.1.1" }], reach),
    bridgeTable("roost_try", "roost0", reach),
    noTable("roost_try"),
  ].join("");
  const { status, stderr, error } = spawnSync(nft, ["-c", "-f", "-"], {
    input,
    encoding: "utf8",
    timeout: nftMilliseconds,
  });
  if (status === 0) return undefined;
  return `this system's firewall does not take our rules: ${firstLine(error?.message ?? stderr)}`;
}

function run(words: string[], input?: string): Promise<void> {
  const nft = program("nft");
  if (nft === undefined) return Promise.reject(new Error("nft is not installed."));
  return new Promise((resolve, reject) => {
    const child = execFile(nft, words, { timeout: nftMilliseconds }, (error, _said, complaint) => {
      if (error === null) resolve();
      else
        reject(
          new Error(`nft did not do it: ${firstLine(complaint || error.message)}`, {
            cause: error,
          }),
        );
    });
    // One that has ended before it has read all says so itself.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

/** In the folders for administrators too, which are not on everybody's PATH. */
function program(name: string): string | undefined {
  return findProgram(name, [...foldersOf(process.env.PATH ?? ""), "/usr/sbin", "/sbin"]);
}
