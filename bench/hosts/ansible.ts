import { readFileSync } from "node:fs";
import { TestHost } from "../../test/support/test-host.ts";

export interface AnsibleTarget {
  port: number;
  hostKey: string;
  privateKey: string;
}

export interface Ansible {
  /** `ansible -m setup` with its default settings: its own connection stays open between two. */
  setup(): Promise<void>;
  close(): Promise<void>;
}

const installScript = readFileSync(new URL("./install.sh", import.meta.url), "utf8");
const controlScript = readFileSync(new URL("./control.sh", import.meta.url), "utf8");

/**
 * Debian's ansible-core, for a server on 127.0.0.1. It is installed into a file tree of its own, of which nothing is
 * left: the machine's own packages stay as they are.
 */
export async function openAnsible({ port, hostKey, privateKey }: AnsibleTarget): Promise<Ansible> {
  const host = await TestHost.create();
  try {
    await host.stay();
    await installPackages(host, "ansible-core");
    await host.do(controlScript, [`[127.0.0.1]:${port} ${hostKey}\n`, privateKey, String(port)]);
    const setup = async () => void (await host.do("exec ansible -i /root/inventory -m setup all >/dev/null"));
    return { setup, close: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** From Debian's archive, by the network of this machine; before the host is booted, which takes that away. */
export async function installPackages(host: TestHost, ...packages: string[]): Promise<void> {
  await host.do(installScript, [readFileSync("/etc/resolv.conf", "utf8"), ...packages]);
}
