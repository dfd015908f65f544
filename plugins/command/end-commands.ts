import { readFileSync } from "node:fs";
import type { Client, ClientChannel } from "ssh2";

const script = readFileSync(new URL("./end-session.sh", import.meta.url), "utf8");

/**
 * Ends what runs on a connection: an interrupt, then a kill of the process groups. The protocol's own signals
 * are not enough: OpenSSH refuses them for root.
 */
export function endCommands(client: Client, channel: ClientChannel): void {
  try {
    client.exec("/bin/sh -s", (error, own) => {
      if (error) return channel.close();
      own.on("close", () => channel.close());
      own.resume();
      own.end(script);
    });
  } catch {
    // The connection is gone already, and with it the way to the host.
    channel.close();
  }
}
