import { readFileSync } from "node:fs";
import type { Client, ClientChannel } from "ssh2";

const script = readFileSync(new URL("./end-session.sh", import.meta.url), "utf8");

/** As the one whom it ends, which is then root. Told is whose child it is itself, since sudo stands in between. */
const bySudo = `exec /bin/sh -c 'exec sudo -n /bin/sh -s "$PPID" "$$"'`;

/**
 * Ends what runs on a connection: an interrupt, then a kill of the process groups. The protocol's own signals
 * are not enough: OpenSSH refuses them for root.
 * @param command that runs there
 */
export function endCommands(client: Client, channel: ClientChannel, command: string): void {
  try {
    client.exec(command.startsWith("exec sudo -n ") ? bySudo : "/bin/sh -s", (error, own) => {
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
