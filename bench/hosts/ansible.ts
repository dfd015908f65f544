import { readFileSync } from "node:fs";
import { TestHost } from "../../test/support/test-host.ts";

export interface AnsibleTarget {
  port: number;
  user: string;
  hostKey: string;
  privateKey: string;
}

export interface Ansible {
  /** `ansible -m setup` with its default settings: its own connection stays open between two. */
  setup(): Promise<void>;
  close(): Promise<void>;
}

const prepare = readFileSync(new URL("./ansible.sh", import.meta.url), "utf8");

/**
 * Debian's ansible-core, for a server on 127.0.0.1. It is installed into a file tree of its own, of which nothing is
 * left: the machine's own packages stay as they are.
 */
export async function openAnsible({ port, user, hostKey, privateKey }: AnsibleTarget): Promise<Ansible> {
  const host = await TestHost.create();
  try {
    await host.stay();
    const known = `[127.0.0.1]:${port} ${hostKey}\n`;
    const words = [readFileSync("/etc/resolv.conf", "utf8"), known, privateKey, String(port), user];
    await host.do(prepare, words);
    const setup = async () => void (await host.do("exec ansible -i /root/inventory -m setup all >/dev/null"));
    return { setup, close: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}
