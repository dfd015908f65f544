export type UnitKind = "start" | "worker" | "proxy";

const descriptions: Record<UnitKind, string> = {
  start: "Roost server",
  worker: "Roost worker",
  proxy: "Roost proxy of sessions",
};

/**
 * A systemd unit that keeps one of Roost's processes running.
 * @param folder the clone, absolute
 * @param environmentFile settings as NAME=value lines, readable by root alone; absolute
 */
export function systemdUnit(kind: UnitKind, folder: string, environmentFile: string): string {
  return `[Unit]
Description=${descriptions[kind]}
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${unitPath(folder)}/toolchain/roost ${kind}
WorkingDirectory=${unitPath(folder)}
EnvironmentFile=-${unitPath(environmentFile)}
Restart=always
RestartSec=2
# Deployments under way get their time to end; services and sessions run on.
KillMode=mixed
TimeoutStopSec=30
LimitNOFILE=65536
ProtectSystem=${kind === "proxy" ? "strict" : "false"}
${kind === "proxy" ? "ProtectHome=read-only\nNoNewPrivileges=true\nPrivateTmp=true\n" : ""}
[Install]
WantedBy=multi-user.target
`;
}

/** A percent sign begins a specifier, and a space a new word. */
function unitPath(path: string): string {
  return path.replaceAll("%", "%%").replaceAll(" ", "\\x20");
}
