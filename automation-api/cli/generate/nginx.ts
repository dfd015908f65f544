import type { Session } from "../../sessions/contract.ts";

/**
 * A map from users to the private addresses of their sessions, for an nginx that logs users in by itself. A user with
 * several sessions is led to the newest. Users without one are led nowhere.
 */
export function nginxMap(sessions: Pick<Session, "id" | "user" | "address">[]): string {
  const byUser = new Map<string, string>();
  for (const { user, address } of sessions.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (user !== null && address !== null) byUser.set(user, `${hostOf(address.ip)}:${address.port}`);
  }
  const lines = [...byUser]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    // A user's name has no character that nginx reads otherwise; a leading ~ alone would be a pattern.
    .map(([user, address]) => `  "${user}" "${address}";`);
  return [
    "# Written by `roost session nginx`: changes are lost.",
    "map $roost_user $roost_upstream {",
    '  default "";',
    ...lines,
    "}",
    "",
  ].join("\n");
}

export interface NginxServer {
  /** Address and port to listen on. */
  listen: string;
  /** File that `nginxMap` is written to. */
  mapFile: string;
  /** The variable that holds the user's name, as nginx has found it out. Default: of basic authentication. */
  user?: string;
}

/** A whole configuration, to try the map with, or to take the server from. Belongs into the `http` block. */
export function nginxServer({ listen, mapFile, user = "$remote_user" }: NginxServer): string {
  return `# Leads users to their sessions by the map of \`roost session nginx\`. Add how users log in.
include ${mapFile};
map $http_upgrade $roost_connection {
  default upgrade;
  "" close;
}
server {
  listen ${listen};
  set $roost_user ${user};
  location / {
    if ($roost_upstream = "") {
      return 404;
    }
    proxy_pass http://$roost_upstream;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Authorization "";
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $roost_connection;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Roost-User $roost_user;
    proxy_read_timeout 1h;
    proxy_buffering off;
  }
}
`;
}

function hostOf(ip: string): string {
  return ip.includes(":") ? `[${ip}]` : ip;
}
