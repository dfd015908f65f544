import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";

export const pinnedHosts = resourceRule({
  id: "ssh-pinned-host",
  title: "No machine is contacted by SSH without knowing its key",
  severity: "critical",
  level: "mandatory",
  frameworks: ["own"],
  remediation: "Give the connection, and the proxy in it, the hostKey that the machine was installed with.",
  kinds: ["command:remote:Command", "command:remote:CopyToRemote", "command:remote:CopyFile"],
  check({ props }, { found }) {
    const { connection } = props;
    if (!isPinned(connection)) found("trusts whatever machine answers", "connection.hostKey");
    if (isGiven(connection, "proxy") && !isPinned(connection.proxy)) {
      found("trusts whatever machine answers as its proxy", "connection.proxy.hostKey");
    }
  },
});

function isPinned(connection: { hostKey?: string } | undefined): boolean {
  return isGiven(connection, "hostKey") && connection?.hostKey !== "";
}
